import type { FastifyBaseLogger } from 'fastify'
import type { Actor } from '../../model/policy.ts'
import type { ReleaseRecord } from '../../model/service/ledger.ts'
import type { Release } from '../../model/service/state.ts'
import type { Api } from '../context.ts'
import { digestOf, sha256 } from '../digest.ts'
import { checkReady } from '../ready/check.ts'
import type { Place } from '../schemas/parameters.ts'
import type { RecordedDocument, ReleaseRequest } from '../schemas/services.ts'
import { tellService } from './entity.ts'

/** Records a release; the same one twice is one. Throws KEY_REUSED, NO_WORKER. */
export async function recordRelease(
  api: Api,
  place: Place,
  { body, key, actor }: { body: ReleaseRequest; key: string | undefined; actor: Actor },
): Promise<RecordedDocument> {
  const release = recordOf(body)
  const request = key ? { key: sha256(key), body: digestOf(body) } : {}
  const told = await tellService(api, place, { name: 'record', message: { release, ...request }, actor })
  return told as { release: Release; created: boolean }
}

/** A deploy without a time has just been made. */
function recordOf({
  version,
  images,
  migrations,
  configuration,
  commit,
  healthy,
  ...times
}: ReleaseRequest): ReleaseRecord {
  const { deployedAt, startedAt } = times
  return {
    ...{ version, images: images ?? [], configuration: configuration ?? {} },
    migrations: (migrations ?? []).map(({ name, hash }) => ({ name, ...(hash && { hash }) })),
    deployedAt: deployedAt ? Date.parse(deployedAt) : Date.now(),
    ...(startedAt && { startedAt: Date.parse(startedAt) }),
    ...(commit && { commit }),
    ...(healthy !== undefined && { healthy }),
  }
}

/**
 * A release that is recorded makes the break-glass scripts of its service old: they are written anew, one service after
 * the other, without anybody waiting for it.
 */
export function scriptsKeptFresh(api: Api, log: FastifyBaseLogger): (place: Place, actor: Actor) => void {
  const waiting = new Map<string, { place: Place; actor: Actor }>()
  let busy = false
  const work = async () => {
    if (busy) return
    busy = true
    for (let next = waiting.entries().next().value; next; next = waiting.entries().next().value) {
      const [name, { place, actor }] = next
      waiting.delete(name)
      await refresh(api, place, actor).catch((error: unknown) => log.warn({ err: error, ...place }, 'no fresh script'))
    }
    busy = false
  }
  return (place, actor) => {
    if (!api.archive || !api.runbooks) return
    waiting.set(`${place.environment}/${place.service}`, { place, actor })
    void work()
  }
}

async function refresh(api: Api, { environment, service }: Place, actor: Actor): Promise<void> {
  const { runbooks } = await api.library()
  const concerned = [...runbooks.values()].filter(({ runbook }) => runbook.metadata.service === service)
  for (const { runbook } of concerned)
    await checkReady(api, { environment, runbook: runbook.metadata.name }, [environment], actor)
}
