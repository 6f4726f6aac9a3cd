import type { RunState } from '../../../model/run.ts'
import type { Instance } from '../../rds-model/instance.ts'
import type { PostgresStore } from '../../rds-model/store.ts'
import type { Application } from './application.ts'
import { type Lane, NAME } from './lane.ts'
import { ROWS, type Ending } from './runbook.ts'

/** Everything that one saga is judged by, once it has come to rest. */
export interface Scene {
  lane: Lane
  state: RunState
  old: Instance
  /** What `old` was before anything happened. */
  before: string
  store: PostgresStore
  application: Application
}

/** What can be seen of an instance beside its name. */
export function looks({ settings, tags }: Instance): string {
  return JSON.stringify([settings, [...tags]])
}

/** Throws where the saga did not end as it should by itself. */
export function refuseOther(ending: Ending, lane: Lane, state: RunState): void {
  const outcome = state.outcome ?? state.phase
  if (outcome !== (ending === 'promoted' ? 'recovered' : 'compensated'))
    throw new Error(`${ended(state)}; ${placed(lane)}`)
}

/** What has come of the saga, in one line. Throws when it is not what may come of it. */
export async function judge(ending: Ending, scene: Scene): Promise<string> {
  const { lane } = scene
  const [violation] = lane.model.region.violations
  if (violation !== undefined) throw new Error(violation)
  once(lane.model.calls)
  const kept = await rowsKept(scene)
  const told = ending === 'promoted' ? await promoted(scene, kept) : await takenBack(scene)
  return `${told}; ${placed(lane)}`
}

/** How it ended, or why it waits. */
function ended({ phase, outcome, parked, problem }: RunState): string {
  const why = parked?.problem ?? problem
  return `the saga is ${outcome ?? phase}${why ? ` (${why.code}: ${why.message})` : ''}`
}

/** Who is called what. */
function placed({ model }: Lane): string {
  const { instances } = model.region
  return instances.map(({ identifier, resourceId }) => `${identifier} = ${resourceId}`).join(', ')
}

/** What makes or renames something was accepted once. */
function once(calls: readonly string[]): void {
  const accepted = calls.filter((call) => /^(?:Create|Restore|Delete|ModifyDBInstance \S+ → \S+ ).*→ 200$/.test(call))
  const twice = accepted.find((call, index) => accepted.indexOf(call) !== index)
  if (twice !== undefined) throw new Error(`accepted twice: ${twice}`)
}

interface Row {
  id: number
  /** Epoch milliseconds. */
  committed: number
}

/** The rows of the old database: every one that was answered as committed there must be among them. */
async function rowsKept({ lane, old, application }: Scene): Promise<Row[]> {
  if (!lane.model.region.instances.includes(old)) throw new Error(`${old.resourceId}, the old database, is gone`)
  const text = `SELECT id || ' ' || extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 FROM orders`
  const rows = (await lane.source.sql(text, NAME)).split('\n').map((line) => line.split(' ').map(Number))
  const kept = rows.map(([id = 0, committed = 0]) => ({ id, committed }))
  const ids = new Set(kept.map(({ id }) => id))
  const lost = [...application.acknowledged].filter(([id, on]) => on === old.resourceId && !ids.has(id))
  if (lost.length > 0 || kept.length < ROWS) throw new Error(`the old database lacks ${lost.length} rows`)
  return kept
}

/** The new database has what was committed up to the moment and what was written to it since; the rest is the loss. */
async function promoted({ lane, state, old, store, application }: Scene, kept: Row[]): Promise<string> {
  const { region } = lane.model
  const holder = region.instances.find(({ identifier }) => identifier === NAME)
  const made = store.servers.at(-1)
  if (!holder || holder === old || !made) throw new Error(`${NAME} is not the new database; ${placed(lane)}`)
  if (!old.identifier.startsWith('shop-old-')) throw new Error(`the old database is called ${old.identifier}`)
  const moment = Date.parse(holder.tags.get('unwind:restored-to') ?? '')
  const { lossSeconds, fencedAt } = leftBy(state)
  const there = new Set((await made.sql('SELECT id FROM orders', NAME)).split('\n').map(Number))
  const until = kept.filter(({ committed }) => committed <= moment)
  const since = [...application.acknowledged].filter(([, on]) => on === holder.resourceId)
  const lacks = [...until.map(({ id }) => id), ...since.map(([id]) => id)].filter((id) => !there.has(id))
  if (lacks.length > 0)
    throw new Error(`the new database lacks ${lacks.length} rows up to its moment, ${lacks[0]} first`)
  const lost = kept.filter(({ committed }) => committed > moment)
  const late = lost.filter(({ committed }) => committed > fencedAt + 1)
  if (late.length > 0) throw new Error(`${late.length} rows were committed in the old database behind the fence`)
  if (Math.abs(fencedAt - moment - lossSeconds * 1_000) > 1)
    throw new Error(`the loss is told as ${lossSeconds} s, and is ${fencedAt - moment} ms`)
  return `promoted; ${until.length} rows came over, ${lost.length} of ${lossSeconds} s are kept in the old one only`
}

function leftBy({ steps }: RunState): { lossSeconds: number; fencedAt: number } {
  const [fence, swap] = ['fence', 'swap'].map((id) => steps.find((step) => step.id === id)?.state ?? {})
  return { lossSeconds: Number(swap?.['lossSeconds']), fencedAt: Date.parse(String(fence?.['fencedAt'])) }
}

/**
 * Everything is as before, but for the snapshot, which is kept and marked. What was written to the new database while it
 * had the name is in its last snapshot.
 */
async function takenBack({ lane, old, before, application }: Scene): Promise<string> {
  const { region } = lane.model
  const [only, ...others] = region.instances
  if (only !== old || others.length > 0 || old.identifier !== NAME) throw new Error(`not as before: ${placed(lane)}`)
  const now = looks(old)
  if (now !== before) throw new Error(`the old database was ${before}, and is ${now}`)
  const access = await lane.source.sql(
    `SELECT coalesce(datacl::text, '') || coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = '${NAME}'`,
  )
  if (/fenced/.test(access) || !/(?:^|,|\{)"?=[^,]*c/.test(access)) throw new Error(`it is still fenced: ${access}`)
  const open = region.snapshots.filter(({ source, tags }) => source === old && !tags.has('unwind:released'))
  if (open.length > 0) throw new Error(`not marked as released: ${open.map(({ id }) => id).join(', ')}`)
  const elsewhere = [...application.acknowledged.values()].filter((on) => on !== old.resourceId)
  const last = region.snapshots.filter(({ source }) => elsewhere.includes(source.resourceId))
  if (elsewhere.length > 0 && last.length !== 1)
    throw new Error(`${elsewhere.length} rows were written to the new database, which left ${last.length} snapshots`)
  return 'taken back; every row is there'
}
