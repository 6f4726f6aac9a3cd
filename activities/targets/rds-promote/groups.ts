import type { Again, CallContext } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { give, sameGroups } from '../../aws/groups.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { soon } from '../../aws/settled.ts'
import { tag, tagOf } from '../../aws/tags.ts'
import type { Pair } from './pair.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

type Reach = Pick<CallContext<Aws>, 'connection' | 'signal'>

/**
 * Gives the one that comes the security groups and the protection of the one that leaves; undefined once it has them.
 * Where traffic stays closed it keeps its own groups, and bears a note of those that opening is to give it.
 */
export async function open(
  step: RdsPromoteStep,
  { candidate }: PromotionState,
  { leaving, coming }: Pair,
  context: Reach,
): Promise<Again | undefined> {
  // The old one has had its own all along, and comes back to them.
  if (tagOf(coming, TAGS.aside) !== undefined) return undefined
  const closed = step.traffic === 'closed'
  const groups = closed ? coming.groups : leaving.groups
  const like = sameGroups(groups, coming.groups) && coming.guarded === leaving.guarded
  if (coming.id === candidate) {
    const again = await note(coming, { ...(closed && { [TAGS.opens]: leaving.groups.join(' ') }) }, like, context)
    if (again) return again
  }
  if (like) return undefined
  return give(step, coming, { groups, guarded: leaving.guarded }, context)
}

/** What it has now is what it gets back, where it was made by hand and is to be changed. */
async function note(coming: Held, more: Record<string, string>, like: boolean, { connection, signal }: Reach) {
  const unknown = tagOf(coming, TAGS.quarantine) === undefined && (!like || Object.keys(more).length > 0)
  const notes = { ...(unknown && { [TAGS.quarantine]: coming.groups.join(' ') }), ...more }
  if (Object.entries(notes).every(([key, value]) => tagOf(coming, key) === value)) return undefined
  const marked = await tag(connection, coming.arn, notes, signal)
  return { again: soon(connection), doing: `notes the groups of ${coming.name}${marked ? '' : ' again'}` }
}

/** Puts what was restored back into its quarantine once it stands aside; undefined where it has none, or is in it. */
export async function shut(step: RdsPromoteStep, aside: Held, context: Reach): Promise<Again | undefined> {
  const groups = tagOf(aside, TAGS.quarantine)?.split(' ')
  if (!groups || (sameGroups(groups, aside.groups) && !aside.guarded)) return undefined
  if (aside.status !== 'available') return { again: context.connection.poll, doing: `${aside.name} is ${aside.status}` }
  return give(step, aside, { groups, guarded: false }, context)
}
