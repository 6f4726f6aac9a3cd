import { milliseconds } from '../../../model/duration.ts'
import type { Again } from '../../../model/target.ts'
import { claimOn } from './claim.ts'
import { endMarked, HOST, marked } from './host.ts'
import { isPending, type Release, type ReleaseRecord, readRecord, sameContent, type Shelf } from './records.ts'
import type { HelmStep } from './schema.ts'
import type { HelmState } from './state.ts'

/** The last words of a helm that has moved every object. */
const LAST_WORDS = 20_000
/** Room for reads and a slow start of one helm. */
const ROOM = 30_000
/** For each object: the client of helm throttles itself to five requests a second, and needs two or three for one. */
const EACH = 1_000

const POLL = 1_000

/** How long one helm rollback towards this record may take, milliseconds: --timeout bounds each hook and the wait alone. */
export function runLimit(step: HelmStep, target: Pick<ReleaseRecord, 'hooks' | 'manifest'>): number {
  const objects = target.manifest.match(/^kind:/gm)?.length ?? 0
  return ROOM + objects * EACH + operations(step, target) * milliseconds(step.limit)
}

/**
 * Why helm must not be run now: another one may be at work. One that an earlier attempt of this rollback started on this host
 * is ended here, since nobody hears it any more; any other is left until its guard has ended it. Undefined: none can be at work.
 */
export async function busy(step: HelmStep, release: Release, run: string): Promise<Again | undefined> {
  const { last, now } = release
  const claim = claimOn(release)
  const here = claim !== undefined && claim.host === HOST
  if (here && claim.run === run) {
    if (await endMarked(claim.mark)) return undefined
    return { again: POLL, doing: 'a helm of an earlier attempt was ended and is not gone yet' }
  }
  if (here && marked(claim.mark).length === 0) return undefined
  const left = claim ? claim.until - now : patience(step, release)
  if (left <= 0) return undefined
  const whose = claim?.run === run ? 'an earlier attempt started helm on another host' : 'another rollback started helm'
  const where = claim ? whose : 'a helm may still be at work'
  const doing = `revision ${last.revision} is ${last.status}: ${where}; taken over in ${Math.ceil(left / 1_000)} s`
  return { again: Math.min(left, POLL), doing }
}

/**
 * How much longer a pending record that we did not begin must be left alone, milliseconds; 0 when it is not pending, or old
 * enough that no live process stands behind it. Helm supersedes the revision before as the last but one of its writes.
 */
export function patience(step: HelmStep, { last, now, entries }: Release): number {
  if (!isPending(last)) return 0
  const ending = last.status === 'pending-rollback' && entries[1]?.status === 'superseded'
  const grace = ending ? LAST_WORDS : milliseconds(step.takeover)
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
export async function holds(
  record: ReleaseRecord,
  state: HelmState,
  { entries }: Pick<Release, 'entries'>,
  shelf: Shelf,
): Promise<boolean> {
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
