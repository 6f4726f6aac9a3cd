import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { type Ledger, lostLines } from '../../../model/service/facts.ts'
import { sameImages } from '../../../model/service/images.ts'
import { releaseOf } from '../../../model/service/ledger.ts'
import type { CallContext, Plan, Warning } from '../../../model/target.ts'
import { type Autoscaler, readAutoscalers } from '../../kubernetes/autoscalers.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { type Choice, choose, leftBehind, recorded } from './choose.ts'
import { type Helm, helmOf } from './command.ts'
import { changes, deleted, type Pair, pairs } from '../../kubernetes/manifest-diff.ts'
import { fluxWarnings } from './flux.ts'
import { begunFrom, runLimit } from './lock.ts'
import { imageWarnings } from './images.ts'
import { imagesOf, isWorkload, type Item, itemsOf, titleOf } from '../../kubernetes/manifest.ts'
import { type Release, type ReleaseRecord, readRecord, readRelease, sameContent, type Shelf } from './records.ts'
import type { HelmStep } from './schema.ts'
import { type HelmState, parseState, placeOf, stateOf } from './state.ts'
import { surroundings } from './surroundings.ts'
import { crdWarnings, hookWarnings, immutableWarnings, lossOf, majorWarnings, standingWarnings } from './warnings.ts'

const LONGEST_ROLLOUT = 60 * 60_000
const DEFAULT_DEADLINE = 600
/** Room for the reads of a verification. */
const READS = 60_000

/** Where the release stands, where it would go, object by object, and what one should know before. Reads only. */
export async function plan(step: HelmStep, context: CallContext<Cluster>): Promise<Plan<HelmState>> {
  const sight = await look(step, context)
  const { shelf, from, choice, all, lock, there } = sight
  const { place } = shelf
  const { record: to } = choice
  const gone = deleted(all, isKept)
  const loss = lossOf(gone, place)
  return {
    summary: summary(place.name, place.namespace, from, to, there),
    object: lock,
    from: stateOf(from),
    to: there ? stateOf(from) : stateOf(to),
    changes: there ? [] : changesOf(sight),
    reversible: loss === undefined || there ? true : { because: loss },
    warnings: await warnings(step, sight, context),
    limits: limits(step, sight),
    ...(!there && { impact: impactOf(all, place) }),
    ...(loss !== undefined && !there && { data: true }),
    ...recordedIn(sight),
  }
}

/** All that a plan is made of. */
export interface Sight {
  shelf: Shelf
  helm: Helm
  release: Release
  /** What helm would compute the change from. */
  from: ReleaseRecord
  choice: Choice
  all: Pair[]
  ledger: Ledger | undefined
  scalers: Autoscaler[] | undefined
  lock: string
  /** Nothing is to be done. */
  there: boolean
}

async function look(step: HelmStep, context: CallContext<Cluster>): Promise<Sight> {
  const { connection: cluster, signal } = context
  const shelf = { cluster, place: placeOf(step), driver: step.driver, signal }
  const { namespace, name } = shelf.place
  const [release, helm, identity, ledger, scalers] = await Promise.all([
    readRelease(shelf),
    helmOf(cluster),
    cluster.identity(signal),
    context.ledger?.(),
    readAutoscalers(cluster, shelf.place, signal),
  ])
  refuseUninstalled(release.last, name)
  const choice = context.towards
    ? { record: await recorded(parseState(context.towards), release, shelf), warnings: [] }
    : await choose(step.to, release, shelf, ledger)
  const from = context.assumed
    ? await recorded(parseState(context.assumed), release, shelf)
    : await begunFrom(release, choice.record, shelf)
  const all = pairs(itemsOf(from.manifest, namespace), itemsOf(choice.record.manifest, namespace))
  const there = from.status === 'deployed' && sameContent(from, choice.record)
  const lock = `kubernetes/${identity}/${namespace}/helm/${name}`
  return { shelf, helm, release, from, choice, all, ledger, scalers, lock, there }
}

/** Helm would bring it back, but nobody could then undo that: an uninstalled release is no revision. */
function refuseUninstalled({ status }: ReleaseRecord, name: string): void {
  if (!status.startsWith('uninstall')) return
  throw new UnwindError('TARGET_REJECTED', `release ${name} is ${status}; deploy it anew instead of rolling it back`)
}

async function warnings(step: HelmStep, sight: Sight, context: CallContext<Cluster>): Promise<Warning[]> {
  const { shelf, helm, release, from, choice, all, there } = sight
  const { place, cluster, signal } = shelf
  const reading = fluxWarnings(step, place, itemsOf(release.last.manifest, place.namespace), cluster, signal)
  if (there) {
    const message = `release ${place.name} is at this content already, as revision ${from.revision}`
    return [...(await reading), { code: 'ALREADY_THERE', message }, ...choice.warnings]
  }
  const left = context.towards ? [] : leftWarnings(sight)
  const asking = imageWarnings(sight, step.force !== undefined)
  const [owned, leaving, around, images] = await Promise.all([reading, left, surroundings(sight), asking])
  return [
    ...owned,
    ...choice.warnings,
    ...leaving,
    ...deniedWarnings(sight),
    ...standingWarnings(step, release),
    ...hookWarnings(step, choice.record),
    ...crdWarnings(from, choice.record),
    ...majorWarnings(helm, choice.record),
    ...immutableWarnings(all, place),
    ...around,
    ...images,
  ]
}

/** A revision that somebody rolled back from once was bad then. */
async function leftWarnings({ release: { entries }, choice: { record }, shelf }: Sight): Promise<Warning[]> {
  const next = entries.findLast(({ revision }) => revision > record.revision)
  const after = next && (await readRecord(shelf, next))
  if (!after || sameContent(after, record) || !leftBehind([after, record]).has(record.revision)) return []
  const message = `an earlier rollback left revision ${record.revision}; it may be bad as well`
  return [{ code: 'ROLLED_BACK_BEFORE', message, confirm: true }]
}

/** A version that was denied may be gone back to, by whoever says so. */
function deniedWarnings({ ledger, choice: { record }, shelf }: Sight): Warning[] {
  const release = ledger && releaseOf(ledger.releases, imagesOf(itemsOf(record.manifest, shelf.place.namespace)))
  if (!release?.denied) return []
  const message = `revision ${record.revision} is release ${release.version}, which is on the list of the denied`
  return [{ code: 'DENIED_TARGET', message, confirm: true }]
}

/** Where the objects are equal only chart or values change, which the next upgrade starts from. */
function changesOf({ all, shelf: { place }, from, choice: { record } }: Sight) {
  const label = ({ chart }: ReleaseRecord) => `${chart.name} ${chart.version}`
  const chart = label(from) === label(record) ? [] : [{ path: 'chart', from: label(from), to: label(record) }]
  const [...lines] = changes(all, place, isKept)
  lines.splice(lines.filter(({ to }) => to === 'deleted').length, 0, ...chart)
  if (lines.length > 0) return lines
  const same = sameContent(from, record)
  return [same ? { path: 'status', from: from.status, to: 'deployed' } : { path: 'values or hooks', to: 'changed' }]
}

function summary(name: string, namespace: string, from: ReleaseRecord, to: ReleaseRecord, there: boolean): string {
  const label = ({ revision, chart }: ReleaseRecord) => {
    const app = chart.appVersion ? `, app ${chart.appVersion}` : ''
    return `revision ${revision} (${chart.name} ${chart.version}${app})`
  }
  if (there) return `release ${name} in ${namespace} is at the content of ${label(to)} already`
  return `release ${name} in ${namespace}: ${label(from)} → ${label(to)}`
}

/** Helm's own waits, twice for a run that has to begin anew; pods are waited for by the verification. */
function limits(step: HelmStep, { from, choice, all }: Sight) {
  const deadlines = all.flatMap(({ after }) =>
    after && isWorkload(after) ? Number(after.body.spec?.['progressDeadlineSeconds'] ?? DEFAULT_DEADLINE) : [],
  )
  const rollout = Math.min(2_000 * Math.max(0, ...deadlines), LONGEST_ROLLOUT)
  const run = Math.max(runLimit(step, from), runLimit(step, choice.record))
  return {
    apply: 2 * run + milliseconds(step.takeover),
    verify: rollout + milliseconds(step.soak) + READS,
  }
}

function impactOf(all: readonly Pair[], place: { namespace: string }): string[] {
  const moved = all.flatMap(({ before, after }) => {
    if (!after || !isWorkload(after)) return []
    const same = JSON.stringify(before?.body.spec?.template) === JSON.stringify(after.body.spec?.template)
    return same ? [] : [titleOf(after, place)]
  })
  return moved.length > 0 ? [`pods are replaced, by the strategy of each: ${moved.slice(0, 20).join(', ')}`] : []
}

function recordedIn({ ledger, from, choice: { record }, shelf }: Sight): Pick<Plan, 'artifacts' | 'release' | 'lost'> {
  const [before, after] = [from, record].map(({ manifest }) => imagesOf(itemsOf(manifest, shelf.place.namespace)))
  const artifacts = { from: before ?? [], to: after ?? [] }
  if (!ledger) return { artifacts }
  const matching = ledger.releases.filter(({ images }) => sameImages(artifacts.to, images))
  const versions = [...new Set(matching.map(({ version }) => version))]
  // Images that several releases share do not tell which of them is meant.
  const [release] = versions.length === 1 ? versions : []
  const lost = lostLines(ledger, artifacts.from, artifacts.to)
  return { artifacts, ...(release !== undefined && { release }), ...(lost.length > 0 && { lost }) }
}

/** Helm leaves what the chart says to keep. */
function isKept({ body }: Item): boolean {
  return body.metadata?.annotations?.['helm.sh/resource-policy'] === 'keep'
}
