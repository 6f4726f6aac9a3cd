import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { recorded } from './choose.ts'
import { type Ended, type Helm, helmOf, rollback } from './command.ts'
import { hiddenValues } from './diff.ts'
import { failureOf } from './failures.ts'
import { holds, isUnfinished, patience, runLimit } from './lock.ts'
import { itemsOf } from './manifest.ts'
import {
  isPending,
  markFailed,
  type Release,
  type ReleaseRecord,
  readRelease,
  removeRecord,
  type Shelf,
} from './records.ts'
import type { HelmStep } from './schema.ts'
import { type HelmState, placeOf, stateOf } from './state.ts'

/** Time to let whoever won a race finish before looking again. */
const RACE = 200
const POLL = 1_000

type Outcome = { state: HelmState } | Again

/**
 * One step onwards: helm is run once at most. Reads first, so that a second call, a crash in between and an unknown outcome
 * are resolved from the record that the move began at, never by running helm again on top of what it left half done.
 */
export async function apply(step: HelmStep, move: Move<HelmState>, context: CallContext<Cluster>): Promise<Outcome> {
  const { connection: cluster, signal } = context
  const shelf = { cluster, place: placeOf(step), driver: step.driver, signal }
  const [release, helm] = await Promise.all([readRelease(shelf), helmOf(cluster), cluster.identity(signal)])
  const { last } = release
  const [atTo, atFrom] = await Promise.all([
    holds(last, move.to, release, shelf),
    holds(last, move.from, release, shelf),
  ])
  if (atTo && last.status === 'deployed') return { state: stateOf(last) }
  if (!atTo && !atFrom) throw await stale(move, release, shelf)
  const began = last.status === 'pending-rollback' && last.uid !== move.from.record && last.uid !== move.to.record
  const left = patience(step, release, began)
  if (left > 0) return { again: Math.min(left, POLL), doing: waiting(last, left) }
  const target = await targetOf(move.to, atTo, release, shelf)
  if (helm.major === 3 || !atTo || !isBroken(release, move, target))
    return run({ step, helm, base: last.revision, target, move, shelf })
  const [, before] = release.entries
  if (!before || !(await removeRecord(shelf, last))) return lost
  // Several of them may lie on each other: each is looked at anew.
  if (before.revision > move.from.revision) return { again: 0, doing: `took away the broken rollback ${last.revision}` }
  return run({ step, helm, base: before.revision, target, move, shelf, redone: true })
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

interface Run {
  step: HelmStep
  helm: Helm
  base: number
  target: ReleaseRecord
  move: Move<HelmState>
  shelf: Shelf
  /** An earlier attempt of it broke off, so objects may be changed already. */
  redone?: boolean
}

async function run({ step, helm, base, target, move, shelf, redone = false }: Run): Promise<Outcome> {
  const { cluster, place, signal } = shelf
  const asked = {
    ...{ place, revision: target.revision },
    ...{ serverSide: target.applyMethod === 'ssa', within: runLimit(step, target) },
  }
  const ended = await rollback(helm, step, cluster, asked, signal)
  if (ended.cancelled) await unlock(base, move.to, shelf)
  signal.throwIfAborted()
  const after = await readRelease(shelf)
  const there = after.last.revision > base && (await holds(after.last, move.to, after, shelf))
  if (there && after.last.status === 'deployed') return { state: stateOf(after.last) }
  if (ended.code === 0 || /already exists/.test(ended.said)) return lost
  throw await failed(ended, { there, base, target, after, shelf, redone })
}

/** Time for the last words of a helm that was ended because the run was. */
const LAST_WORDS = 5_000

/** A rollback that was cancelled is not left pending; if that fails, the next look at it takes the record over. */
async function unlock(base: number, to: HelmState, shelf: Shelf): Promise<void> {
  const quick = { ...shelf, signal: AbortSignal.timeout(LAST_WORDS) }
  try {
    const release = await readRelease(quick)
    const { last } = release
    const ours = last.revision > base && last.status === 'pending-rollback' && (await holds(last, to, release, quick))
    if (ours) await markFailed(quick, last)
  } catch {
    // Whoever cancelled is not kept waiting for a cluster that does not answer.
  }
}

interface Left {
  there: boolean
  base: number
  target: ReleaseRecord
  after: Release
  shelf: Shelf
  redone: boolean
}

/** What helm's end means, with how it left the release. Its process has ended, so nothing of its own stays pending. */
async function failed(ended: Ended, { there, base, target, after, shelf, redone }: Left): Promise<UnwindError> {
  const { last } = after
  const command = `helm rollback ${shelf.place.name} ${target.revision}`
  if (there && isPending(last)) await markFailed(shelf, last)
  if (ended.late)
    return new UnwindError(
      'STEP_TIMEOUT',
      `${command} was still at work when its time was up, and was ended; see what it waits for, then retry`,
    )
  if (ended.signal)
    return new UnwindError(
      'TARGET_UNREACHABLE',
      `${command} was killed (${ended.signal}) before it ended; it begins anew from revision ${base}`,
    )
  const namespace = shelf.place.namespace
  const hidden = hiddenValues([...itemsOf(last.manifest, namespace), ...itemsOf(target.manifest, namespace)])
  const left =
    last.revision > base
      ? `It left revision ${last.revision} ${isPending(last) ? 'failed' : last.status}, and objects may be changed in part`
      : redone
        ? 'This attempt changed nothing, but the one before it may have'
        : 'It changed nothing'
  return failureOf(ended.said, { command, connection: shelf.cluster.name, left, hidden })
}

function waiting({ revision, status }: ReleaseRecord, left: number): string {
  return `revision ${revision} is ${status}: a helm may still be at work; taken over in ${Math.ceil(left / 1_000)} s`
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
