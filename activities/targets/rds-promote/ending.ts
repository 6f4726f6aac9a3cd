import type { DBInstance } from '@aws-sdk/client-rds'
import type { Again, CallContext } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { tagOf, untag } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { unsettled } from '../../aws/settled.ts'
import { shut } from './groups.ts'
import { lossOf } from './loss.ts'
import type { Pair } from './pair.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

/** It serves: seen at rest under what it is called now, the other one shut where it has a quarantine, and the marks as they should be. */
export async function finish(
  step: RdsPromoteStep,
  { name, serving, standby, candidate }: PromotionState,
  { leaving, coming, called }: Pair & { called: string },
  { connection, signal }: CallContext<Aws>,
): Promise<{ state: PromotionState } | Again> {
  const waiting = unsettled(connection, coming, called) ?? (await shut(leaving, { connection, signal }))
  if (waiting) return waiting
  const stale = [
    ...(tagOf(leaving, TAGS.serves) === undefined ? [] : [[leaving, TAGS.serves] as const]),
    ...(tagOf(coming, TAGS.aside) === undefined ? [] : [[coming, TAGS.aside] as const]),
  ]
  for (const [of, key] of stale)
    if (!(await untag(connection, of.DBInstanceArn, [key], signal))) return onTheMove(of, connection)
  const [, since] = (tagOf(leaving, TAGS.aside) ?? '').split(' ')
  const loss = lossOf(step, coming, since)
  return { state: { name, serving, standby, candidate, ...(loss !== undefined && { lossSeconds: loss }) } }
}

/** Its name leads to nothing at the moment. */
export function onTheMove({ DBInstanceIdentifier }: DBInstance, { poll }: Aws): Again {
  return { again: poll, doing: `${DBInstanceIdentifier} is on the move; looks again` }
}
