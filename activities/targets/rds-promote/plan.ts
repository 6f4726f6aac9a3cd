import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision, Warning } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { tagOf } from '../../aws/tags.ts'
import { openedSince } from './opened.ts'
import type { RdsPromoteStep } from './schema.ts'
import { dependants, ownership, standing } from './standing.ts'
import { type PlannedPromotion, parseState, type PromotionState } from './state.ts'

/** Two renames of up to ten minutes each, and the settings before (UserGuide, USER_RenameInstance). */
const LIMIT = 60 * 60_000
const VERIFY_LIMIT = 20 * 60_000

/** What has the name now. What it could be given to is made by a restore, or named by hand. */
export async function history(step: RdsPromoteStep, { connection, signal }: CallContext<Aws>): Promise<Revision[]> {
  const present = await familyOf(step).required(connection, nameOf(step), signal)
  const { id, since } = present
  const made = since && { createdAt: since.toISOString() }
  const details = { restoredTo: tagOf(present, TAGS.restoredTo) ?? '' }
  return [{ id, title: nameOf(step), current: true, verified: false, ...made, details }]
}

/** Who would change places with whom. Reads only. */
export async function plan(step: RdsPromoteStep, context: CallContext<Aws>): Promise<Plan<PlannedPromotion>> {
  const { connection, towards } = context
  const { present, name, owner, warnings, impact } = await standing(step, context)
  const serving = present.id
  const owned = ownership(step, name, owner)
  const next = towards ? await recorded(step, parseState(towards), context) : await candidateOf(step, present, context)
  const shown = typeof next === 'string' ? next : `{ ${next.ref} }`
  const there = next === serving
  const opened = openedSince(present)
  return {
    summary: there ? `${name} is ${serving} already` : `${name}: ${serving} → ${shown}; the old one is kept`,
    object: `aws/${connection.account}/${connection.region}/db/${serving}`,
    from: { name, serving, standby: next, candidate: next },
    to: { name, serving: next, standby: serving, candidate: next },
    changes: there ? [] : [{ path: name, from: serving, to: shown }],
    reversible: true,
    warnings: [
      ...owned,
      ...warnings,
      ...dependants(present),
      ...(towards ? (there ? [] : opened.warnings) : await reachable(step, next, present, context)),
    ],
    limits: { apply: LIMIT, verify: VERIFY_LIMIT },
    data: true,
    impact: [...impact, cutOff(step)],
    ...(towards && !there && opened.lost.length > 0 && { lost: opened.lost }),
  }
}

/** Until when it can be taken back without loss. */
function cutOff({ traffic }: RdsPromoteStep): string {
  return traffic === 'closed'
    ? 'applications reach it only after a step of kind rds-open: until then it can be taken back without loss, after that no more'
    : 'until applications write again it can be taken back without loss; after that, going back loses what they wrote'
}

async function candidateOf(step: RdsPromoteStep, { id: serving }: Held, { connection, signal }: CallContext<Aws>) {
  const { candidate } = step
  if (typeof candidate !== 'string') return candidate
  const family = familyOf(step)
  const found = await family.byName(connection, candidate.toLowerCase(), signal)
  if (!found)
    throw new UnwindError('NO_ROLLBACK_TARGET', `there is no ${family.word} ${candidate} to promote; restore one first`)
  if (found.id === serving)
    throw new UnwindError('NO_ROLLBACK_TARGET', `${candidate} has the name already, so there is nothing to promote`)
  return found.id
}

/** Doors that stand open already are not closed by saying so. */
async function reachable(
  step: RdsPromoteStep,
  next: Awaited<ReturnType<typeof candidateOf>>,
  present: Held,
  { connection, signal }: CallContext<Aws>,
): Promise<Warning[]> {
  if (step.traffic !== 'closed' || typeof next !== 'string') return []
  const found = await familyOf(step).byId(connection, next, signal)
  const shared = found?.groups.filter((group) => present.groups.includes(group)) ?? []
  if (shared.length === 0) return []
  const message = `${found?.name} has ${shared.join(', ')} in common with ${present.name}, so applications reach it before it is opened; give it groups of its own first`
  return [{ code: 'NOT_QUARANTINED', message, confirm: true }]
}

/** Towards what an earlier run left: the one that had the name then, if it is still kept. */
async function recorded(step: RdsPromoteStep, state: PromotionState, { connection, signal }: CallContext<Aws>) {
  if (await familyOf(step).byId(connection, state.serving, signal)) return state.serving
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${state.serving} had the name ${state.name} before and is not there any more`,
  )
}
