import { milliseconds } from '../../../model/duration.ts'
import { isPending, type Release, type ReleaseRecord, readRecord, sameContent, type Shelf } from './records.ts'
import type { HelmStep } from './schema.ts'
import type { HelmState } from './state.ts'

/** What a rollback of ours needs at most without hooks and waits, when its worker has died and nobody can tell. */
const OWN = 20_000
/** Room for reads, writes and a slow start of one helm. */
const ROOM = 120_000

/** How long one helm rollback towards this record may take, milliseconds: --timeout bounds each hook and the wait alone. */
export function runLimit(step: HelmStep, target: Pick<ReleaseRecord, 'hooks'>): number {
  return ROOM + operations(step, target) * milliseconds(step.limit)
}

/**
 * How much longer a pending record must be left alone, milliseconds; 0 when it is not pending, or old enough that no live
 * process stands behind it. Of a rollback of ours it is known how long one can take, of anything else the step says it.
 */
export function patience(step: HelmStep, { last, now }: Release, ours: boolean): number {
  if (!isPending(last)) return 0
  const grace = ours ? OWN + operations(step, last) * milliseconds(step.limit) : milliseconds(step.takeover)
  return Math.max(0, grace - (now - last.createdAt))
}

/**
 * Whether a record is a rollback that was begun and did not end: killed (pending), or failed while it changed objects.
 * Helm computes what to delete from the last record, and that one already names the target, so a second rollback from
 * here would leave behind what the first one did not come to.
 */
export function isUnfinished({ status, description }: ReleaseRecord): boolean {
  return status === 'pending-rollback' || (status === 'failed' && description.startsWith('Rollback '))
}

/**
 * Whether a record has the content of a state: it is the one, or equal to it. Where the one was pruned, a later record
 * that Helm itself describes as a rollback to it.
 */
export async function holds(record: ReleaseRecord, state: HelmState, { entries }: Release, shelf: Shelf) {
  if (record.uid === state.record) return true
  const entry = entries.find(({ uid }) => uid === state.record)
  const other = entry && (await readRecord(shelf, entry))
  if (other) return sameContent(record, other)
  return record.revision > state.revision && record.description === `Rollback to ${state.revision}`
}

/** The record that an unfinished rollback to this content began from, which is the last one for any other record. */
export async function begunFrom(release: Release, target: ReleaseRecord, shelf: Shelf): Promise<ReleaseRecord> {
  const { entries, last } = release
  if (!isUnfinished(last) || !sameContent(last, target) || last.uid === target.uid) return last
  for (const entry of entries.filter(({ revision }) => revision < last.revision).slice(0, 10)) {
    const record = await readRecord(shelf, entry)
    if (record && !sameContent(record, target)) return record
  }
  return last
}

function operations(step: HelmStep, { hooks }: Pick<ReleaseRecord, 'hooks'>): number {
  return (step.hooks ? rollbackHooks(hooks).length : 0) + (step.wait ? 1 : 0)
}

/** Those that a rollback runs. */
export function rollbackHooks(hooks: ReleaseRecord['hooks']): ReleaseRecord['hooks'] {
  return hooks.filter(({ events }) => events.some((event) => event === 'pre-rollback' || event === 'post-rollback'))
}
