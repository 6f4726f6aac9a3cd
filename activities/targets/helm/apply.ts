import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { recorded } from './choose.ts'
import { type Claim, claim, isClaimed, unclaim } from './claim.ts'
import { type Ended, type Helm, helmOf, rollback } from './command.ts'
import { hiddenValues } from '../../kubernetes/manifest-diff.ts'
import { failureOf } from './failures.ts'
import { busy, holds, isUnfinished, runLimit } from './lock.ts'
import { itemsOf } from '../../kubernetes/manifest.ts'
import {
  type Entry,
  markFailed,
  type Release,
  type ReleaseRecord,
  readRelease,
  readRevision,
  removeRecord,
  type Shelf,
} from './records.ts'
import { seen } from './recent.ts'
import type { HelmStep } from './schema.ts'
import { type HelmState, placeOf, stateOf } from './state.ts'

/** Time to let whoever won a race finish before looking again. */
const RACE = 200

type Outcome = { state: HelmState } | Again

/**
 * One step onwards: helm is run once at most. Reads first, so that a second call, a crash in between and an unknown outcome
 * are resolved from the record that the move began at, never by running helm again on top of what it left half done.
 */
export async function apply(step: HelmStep, move: Move<HelmState>, context: CallContext<Cluster>): Promise<Outcome> {
  const { connection: cluster, signal } = context
  const shelf = { cluster, place: placeOf(step), driver: step.driver, signal }
  const [release, helm] = await Promise.all([
    readRelease(shelf, seen(move.from.record)),
    helmOf(cluster),
    cluster.identity(signal),
  ])
  const { last } = release
  const [atTo, atFrom] = await Promise.all([
    holds(last, move.to, release, shelf),
    holds(last, move.from, release, shelf),
  ])
  if (atTo && last.status === 'deployed') return { state: stateOf(last) }
  if (!atTo && !atFrom) throw await stale(move, release, shelf)
  const { rollbackId: run } = context
  const wait = await busy(step, release, run)
  if (wait) return wait
  const target = await targetOf(move.to, atTo, release, shelf)
  const { now } = release
  const about = { run, step, helm, now, entries: release.entries, target, move, shelf }
  if (helm.major === 3 || !atTo || !isBroken(release, move, target)) return start({ ...about, base: last })
  const [, before] = release.entries
  if (!before || !(await removeRecord(shelf, last))) return lost
  // Several of them may lie on each other: each is looked at anew.
  if (before.revision > move.from.revision) return { again: 0, doing: `took away the broken rollback ${last.revision}` }
  return start({ ...about, base: before, redone: true })
}

const lost: Again = { again: RACE, doing: 'somebody else wrote to the release meanwhile; reading it again' }

/** The record to go to. Where it was pruned, the last one if that has its content. */
async function targetOf(to: HelmState, atTo: boolean, release: Release, shelf: Shelf): Promise<ReleaseRecord> {
  try {
    return await recorded(to, release, shelf)
  } catch (error) {
    if (atTo) return release.last
    throw error
  }
}

/**
 * Helm 3 refuses an object that is there and not in the record before ("no ConfigMap with the name … found"), so it can't
 * begin anew; it is run once more on top.
 *
 * Whether the last record is a rollback to the target that broke off after this move began. It is taken away before helm is
 * run again: it says that the release is where it never came to, and helm computes the change from it.
 */
function isBroken({ last }: Release, { from }: Move<HelmState>, target: ReleaseRecord): boolean {
  return isUnfinished(last) && last.revision > from.revision && last.uid !== from.record && last.uid !== target.uid
}

interface Start {
  /** The rollback. */
  run: string
  step: HelmStep
  helm: Helm
  /** The record that helm computes the change from. */
  base: Entry
  /** The API server's clock, and the records, as they were read. */
  now: number
  entries: Entry[]
  target: ReleaseRecord
  move: Move<HelmState>
  shelf: Shelf
  /** An earlier attempt of it broke off, so objects may be changed already. */
  redone?: boolean
}

async function start(asked: Start): Promise<Outcome> {
  const { run, step, helm, base, now, entries, target, move, shelf, redone = false } = asked
  const { cluster, place, signal } = shelf
  const within = runLimit(step, target)
  const claimed = await claim(shelf, base, { run, now, within })
  if (!claimed) return lost
  const wanted = { place, revision: target.revision, serverSide: target.applyMethod === 'ssa', within }
  const ended = await rollback(helm, step, cluster, { ...wanted, mark: claimed.mark }, signal)
  if (ended.cancelled) await unlock({ base, claimed, to: move.to, shelf })
  signal.throwIfAborted()
  // The record that helm has made by this number; only where that is not as it should be are all of them read.
  const next = ended.code === 0 ? await readRevision(shelf, base.revision + 1) : undefined
  if (next?.status === 'deployed' && (await holds(next, move.to, { entries }, shelf))) return { state: stateOf(next) }
  const after = await readRelease(shelf)
  const there = after.last.revision > base.revision && (await holds(after.last, move.to, after, shelf))
  if (there && after.last.status === 'deployed') return { state: stateOf(after.last) }
  const left = await leave({ base, claimed, shelf }, there, after)
  if (ended.code === 0 || /already exists/.test(ended.said)) return lost
  throw failed(ended, { left, base, target, after, shelf, redone })
}

/** Time for the last words of a helm that was ended because the run was. */
const LAST_WORDS = 5_000

interface Begun {
  base: Entry
  claimed: Claim
  shelf: Shelf
}

/** A rollback that was cancelled is not left pending; if that fails, the next look at it takes the record over. */
async function unlock({ base, claimed, to, shelf }: Begun & { to: HelmState }): Promise<void> {
  const quick = { ...shelf, signal: AbortSignal.timeout(LAST_WORDS) }
  try {
    const release = await readRelease(quick)
    const there = release.last.revision > base.revision && (await holds(release.last, to, release, quick))
    await leave({ base, claimed, shelf: quick }, there, release)
  } catch {
    // Whoever cancelled is not kept waiting for a cluster that does not answer.
  }
}

/**
 * Its process has ended, so nothing of its own stays pending or claimed. Answers how the last record is left. Where another
 * attempt has claimed the release meanwhile, what is pending is not ours.
 */
async function leave({ base, claimed, shelf }: Begun, there: boolean, release: Release): Promise<string> {
  const { last } = release
  if (!isClaimed(release, base, claimed)) return last.status
  const pending = there && last.status === 'pending-rollback'
  if (pending) await markFailed(shelf, last)
  await unclaim(shelf, base, claimed)
  return pending ? 'failed' : last.status
}

interface Left {
  /** The status of the last record. */
  left: string
  base: Entry
  target: ReleaseRecord
  after: Release
  shelf: Shelf
  redone: boolean
}

/** What helm's end means, with how it left the release. */
function failed(ended: Ended, { left: status, base, target, after, shelf, redone }: Left): UnwindError {
  const { last } = after
  const command = `helm rollback ${shelf.place.name} ${target.revision}`
  if (ended.late)
    return new UnwindError(
      'STEP_TIMEOUT',
      `${command} was still at work when its time was up, and was ended; see what it waits for, then retry`,
    )
  if (ended.signal)
    return new UnwindError(
      'TARGET_UNREACHABLE',
      `${command} was killed (${ended.signal}) before it ended; it begins anew from revision ${base.revision}`,
    )
  const namespace = shelf.place.namespace
  const hidden = hiddenValues([...itemsOf(last.manifest, namespace), ...itemsOf(target.manifest, namespace)])
  const left =
    last.revision > base.revision
      ? `It left revision ${last.revision} ${status}, and objects may be changed in part`
      : redone
        ? 'This attempt changed nothing, but the one before it may have'
        : 'It changed nothing'
  return failureOf(ended.said, { command, connection: shelf.cluster.name, left, hidden })
}

async function stale(move: Move<HelmState>, release: Release, { place }: Shelf): Promise<UnwindError> {
  const { last, entries } = release
  const ours = entries.filter(({ revision, uid }) => revision > move.from.revision && uid !== last.uid)
  return new UnwindError(
    'PLAN_STALE',
    `release ${place.name} in ${place.namespace} is at revision ${last.revision} (${last.status}, ${last.chart.name} ${last.chart.version}), which is neither what was planned from nor what was planned; what somebody deployed is kept. Plan again`,
    { untouched: ours.length === 0, revision: last.revision },
  )
}
