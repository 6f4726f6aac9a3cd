import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import { at, textAt } from '../../ask.ts'
import type { Content } from '../../versions/content.ts'
import type { Item, Version, VersionSystem } from '../../versions/item.ts'
import { canonical } from '../../../model/canonical.ts'
import { isLost, request, type Vault } from './connect.ts'
import type { VaultKvStep } from './schema.ts'

/** Secrets of a KV engine, version 2. Writes carry the number of the version that was read (`cas`). */
export const vaultSystem: VersionSystem<VaultKvStep> = {
  async read(step, context) {
    const vault = context.connection as Vault
    const answer = await request(vault, { path: pathOf(step, 'metadata'), signal: context.signal, also: [404] })
    if (answer.status === 404) throw missing(step, vault)
    return itemOf(step, at(answer.json, 'data'), context)
  },
  async write(step, old, present, _item, context) {
    const data = at(await readData(step, old.version, context), 'data')
    if (data === undefined) return 'lost'
    const body = { options: { cas: present.version }, data }
    const answer = await request(context.connection as Vault, {
      ...{ path: pathOf(step, 'data'), method: 'POST', body, signal: context.signal, also: [400] },
    })
    if (answer.status === 200) return 'written'
    if (isLost(answer)) return 'lost'
    throw new UnwindError('TARGET_REJECTED', `Vault does not take the old version of ${nameOf(step)}; see the mount`)
  },
}

function itemOf(step: VaultKvStep, metadata: unknown, context: CallContext): Item {
  const { origin, namespace } = context.connection as Vault
  const versions = Object.entries((at(metadata, 'versions') ?? {}) as Record<string, unknown>).map(versionOf)
  const kept = new Map<number, Promise<Content | undefined>>()
  return {
    name: nameOf(step),
    object: `vault/${origin}/${namespace === undefined ? '' : `${namespace}/`}${step.mount}/${step.secret}`,
    versions: versions.toSorted((a, b) => b.version - a.version),
    content: (version) => {
      const known = kept.get(version) ?? readData(step, version, context).then(contentOf)
      kept.set(version, known)
      return known
    },
    warnings: [],
  }
}

/** As API of KV version 2, "Read secret metadata", shows one. */
function versionOf([number, version]: [string, unknown]): Version {
  const deleted = textAt(version, 'deletion_time') ?? ''
  const gone =
    at(version, 'destroyed') === true
      ? 'destroyed'
      : deleted !== '' && Date.parse(deleted) <= Date.now()
        ? 'deleted'
        : ''
  return {
    ...{ version: Number(number), at: textAt(version, 'created_time') ?? '', labels: [] },
    ...(gone !== '' && { gone }),
  }
}

/** What a version holds, with its metadata; undefined when it is not kept any more. */
async function readData(step: VaultKvStep, version: number, { connection, signal }: CallContext): Promise<unknown> {
  const path = `${pathOf(step, 'data')}?version=${version}`
  const answer = await request(connection as Vault, { path, signal, also: [404] })
  return answer.status === 404 ? undefined : at(answer.json, 'data')
}

function contentOf(data: unknown): Content | undefined {
  const values = at(data, 'data')
  if (typeof values !== 'object' || values === null) return undefined
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, canonical(value)]))
}

function pathOf({ mount, secret }: VaultKvStep, part: 'data' | 'metadata'): string {
  return `/v1/${mount}/${part}/${secret}`
}

function nameOf({ mount, secret }: VaultKvStep): string {
  return `secret ${mount}/${secret}`
}

function missing(step: VaultKvStep, { name }: Vault): UnwindError {
  return new UnwindError(
    'TARGET_NOT_FOUND',
    `${name} has no ${nameOf(step)}; check mount and path, and that the mount is KV version 2`,
  )
}
