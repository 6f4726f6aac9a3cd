import type { Again, CallContext } from '../../model/target.ts'
import type { Aws } from './connect.ts'
import { familyOf } from './families.ts'
import type { Named } from './fields.ts'
import type { Held } from './held.ts'

/** Sends one change of a database's security groups, and of its deletion protection where that is said. */
export async function give(
  step: Named,
  held: Held,
  change: { groups: string[]; guarded?: boolean },
  { connection, signal }: Pick<CallContext<Aws>, 'connection' | 'signal'>,
): Promise<Again> {
  const sent = await familyOf(step).change(connection, held, change, signal)
  const doing = `gives ${held.name} the groups ${change.groups.join(', ')}`
  return { again: connection.poll, doing: sent === 'sent' ? doing : `${doing}; AWS says ${sent}` }
}

/** Whether these are the same groups, in whatever order. */
export function sameGroups(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join()
}
