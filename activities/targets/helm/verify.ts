import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { type Live, readLive, readServed } from './live.ts'
import { holds } from './lock.ts'
import { identityOf, type Item, isWorkload, itemsOf, titleOf } from '../../kubernetes/manifest.ts'
import { isPending, readEntry, type Release, readRelease, type Shelf } from './records.ts'
import { seen } from './recent.ts'
import type { HelmStep } from './schema.ts'
import { type HelmState, placeOf, RIGHTS } from './state.ts'
import { type Standing, standingOf } from './workloads.ts'

type Judgement = Verdict | (Again & { evidence: Evidence })

/**
 * Is the release deployed at the content of this revision, is every object of it there, and do its workloads hold? Helm's
 * own status alone proves nothing: it says deployed as soon as the API server has taken the objects.
 */
export async function verify(step: HelmStep, state: HelmState, context: CallContext<Cluster>): Promise<Judgement> {
  const { connection: cluster, signal } = context
  const shelf = { cluster, place: placeOf(step), driver: step.driver, signal }
  await cluster.identity(signal)
  const open = await stillOpen(step, state, shelf, context)
  if (open) return open
  const release = await readExisting(shelf, state)
  if (!release) return verdict('fail', `release ${step.release} does not exist any more`)
  const { last } = release
  const facts = { revision: last.revision, status: last.status, chart: `${last.chart.name} ${last.chart.version}` }
  if (!(await holds(last, state, release, shelf)))
    return verdict('fail', `the release is at revision ${last.revision}, with another content than restored`, facts)
  if (isPending(last)) return verdict('fail', `revision ${last.revision} is ${last.status}: it did not end`, facts)
  if (last.status !== 'deployed') return verdict('fail', `revision ${last.revision} is ${last.status}`, facts)
  return judge(step, release, shelf, context)
}

/**
 * Whether it is only pods that are waited for, by the record as it was read before: while they are, the records are not asked
 * for. Undefined where that is not known, or where there is more to say.
 */
async function stillOpen(
  step: HelmStep,
  { record }: HelmState,
  shelf: Shelf,
  { since }: CallContext<Cluster>,
): Promise<Judgement | undefined> {
  const watched = itemsOf(seen(record)?.manifest ?? '', shelf.place.namespace).filter(isWorkload)
  const { live, missing, unread } = await look(watched, shelf)
  if (missing.length > 0 || unread.length > 0) return undefined
  const all = await standings(watched, live, since, shelf)
  const judgement = all.some(({ failure }) => failure !== undefined) ? undefined : weigh(step, all, since)
  return judgement && 'again' in judgement ? judgement : undefined
}

/** How the workloads stand that are there. */
function standings(watched: readonly Item[], live: Map<string, Live>, since: number, shelf: Shelf) {
  const { cluster, place, signal } = shelf
  return Promise.all(
    watched.flatMap((item) => {
      const found = live.get(identityOf(item))
      return found ? [standingOf(item, found, place, { cluster, signal, since })] : []
    }),
  )
}

async function judge(
  step: HelmStep,
  { last }: Release,
  shelf: Shelf,
  context: CallContext<Cluster>,
): Promise<Judgement> {
  const { place } = shelf
  const items = itemsOf(last.manifest, place.namespace)
  const watched = items.filter(isWorkload)
  const { live, missing, unread } = await look(watched, shelf)
  if (unread.length > 0)
    return verdict('inconclusive', `the worker's account may not read ${unread.join(', ')}; grant it with ${RIGHTS}`)
  if (missing.length > 0) return verdict('fail', `not there any more: ${missing.join(', ')}`)
  const all = await standings(watched, live, context.since, shelf)
  const open = weigh(step, all, context.since)
  if (open) return open
  // The rest is looked at once, at the end: it changes nothing by itself.
  const rest = await look(
    items.filter((item) => !isWorkload(item) && !isPassing(item)),
    shelf,
  )
  const facts = { objects: items.length, workloads: all.slice(0, 20), ...unreadOf(rest.unread) }
  if (rest.missing.length > 0)
    return verdict('fail', `objects of revision ${last.revision} are not there: ${rest.missing.join(', ')}`, facts)
  const pods = all.reduce((sum, { desired }) => sum + desired, 0)
  const proof = `the release is deployed, its ${items.length} objects are there and all ${pods} pods are ready`
  return verdict('pass', proof, facts)
}

/** What is there of these objects, and the first of those that are not. */
async function look(items: readonly Item[], { cluster, place, signal }: Shelf) {
  const served = await readServed(cluster, items, signal)
  const { live, unread, looked } = await readLive(cluster, items, served, signal)
  const gone = looked.filter((item) => !live.has(identityOf(item)) && !unread.includes(item.kind))
  return { live, unread, missing: gone.slice(0, 10).map((item) => titleOf(item, place)) }
}

/** A Job that is cleared away once it has run. */
function isPassing({ kind, body }: Item): boolean {
  return kind === 'Job' && body.spec?.['ttlSecondsAfterFinished'] !== undefined
}

function unreadOf(unread: readonly string[]): object {
  return unread.length > 0 ? { notChecked: unread } : {}
}

/** A verdict that the workloads alone decide; undefined once all of them have held. */
function weigh(step: HelmStep, all: readonly Standing[], since: number): Judgement | undefined {
  const facts = { workloads: all.slice(0, 20) }
  const failed = all.find(({ failure }) => failure !== undefined)
  if (failed?.failure) return verdict('fail', failed.failure, facts)
  const elapsed = Math.max(0, Date.now() - since)
  const open = all.filter(({ complete }) => !complete)
  if (open.length > 0) {
    const doing = open.slice(0, 5).map(({ title, ready, desired }) => `${title}: ${ready} of ${desired} pods ready`)
    return again(Math.min(1_000, Math.max(10, elapsed / 20)), doing.join('; '), facts)
  }
  if (all.length > 0 && all.every(({ desired }) => desired === 0))
    return verdict('inconclusive', 'no workload of the release has a pod that could show that it works', facts)
  const wanted = milliseconds(step.soak)
  if (all.length === 0 || elapsed >= wanted) return undefined
  const doing = `all workloads ready, watched for ${readable(elapsed)} of ${step.soak}`
  return again(Math.min(1_000, wanted - elapsed), doing, facts)
}

function again(wait: number, doing: string, facts: object): Judgement {
  return { again: wait, doing, evidence: { summary: doing, facts: { ...facts } } }
}

function verdict(status: Verdict['status'], summary: string, facts?: object): Verdict {
  return { status, evidence: { summary, ...(facts && { facts: { ...facts } }) } }
}

/** As it was when the restored record was there, or later. */
async function readExisting(shelf: Shelf, { revision }: HelmState): Promise<Release | undefined> {
  const known = await readEntry(shelf, revision)
  try {
    return await readRelease(shelf, known)
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_NOT_FOUND') return undefined
    throw error
  }
}
