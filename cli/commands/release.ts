import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT, usage } from '../exit.ts'
import { put } from '../output.ts'
import { placeOf } from '../place.ts'
import { releaseRows } from '../render/releases.ts'
import { getService, postRelease } from '../services.ts'
import { terminal } from '../terminal.ts'

interface RecordOptions extends ApiOptions {
  releaseVersion: string
  image?: string[]
  migration?: string[]
  configuration?: string[]
  commit?: string
  healthy?: boolean
  startedAt?: string
  deployedAt?: string
  key?: string
}

/** `unwind release record`: what CI says after each deploy. */
export async function record(service: string, options: RecordOptions): Promise<number> {
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  const { release, created } = await postRelease(client, place, bodyOf(options), options.key)
  const state = release.verified ? 'verified' : release.healthy === false ? 'not healthy' : 'not verified'
  const how = created ? 'is recorded' : 'was recorded already'
  terminal().say(`${release.version} of ${place.service} in ${place.environment} ${how}, ${state}.`)
  return EXIT.ok
}

function bodyOf({ releaseVersion: version, image, migration, configuration, ...rest }: RecordOptions): object {
  const { commit, healthy, startedAt, deployedAt } = rest
  return {
    version,
    ...(image && { images: image }),
    ...(migration && { migrations: migration.map(migrationOf) }),
    ...(configuration && { configuration: Object.fromEntries(configuration.map(hashOf)) }),
    ...(commit && { commit }),
    ...(healthy !== undefined && { healthy }),
    ...(startedAt && { startedAt }),
    ...(deployedAt && { deployedAt }),
  }
}

/** `20240101_add_column=sha256:…`; the hash may be left out. */
function migrationOf(text: string): { name: string; hash?: string } {
  const [name = '', ...hash] = text.split('=')
  return hash.length > 0 ? { name, hash: hash.join('=') } : { name }
}

function hashOf(text: string): [string, string] {
  const [name, ...hash] = text.split('=')
  if (!name || hash.length === 0) throw usage(`${text} is no configuration; write name=hash`)
  return [name, hash.join('=')]
}

/** `unwind release list`: what is recorded of a service. */
export async function list(service: string, options: ApiOptions & { output?: Format }): Promise<number> {
  const place = await placeOf(service, options.environment)
  const { releases } = await getService(await connect(options), place)
  const out = terminal()
  if (releases.length === 0 && !options.output)
    out.say(`Nothing is recorded of ${place.service} in ${place.environment}.`)
  else await put(out, options.output, { releases }, () => releaseRows(releases, Date.now()))
  return EXIT.ok
}
