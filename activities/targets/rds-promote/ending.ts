import type { Again, CallContext } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { unsettled } from '../../aws/settled.ts'
import { tagOf, untag } from '../../aws/tags.ts'
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
  const waiting = unsettled(connection, coming, called) ?? (await shut(step, leaving, { connection, signal }))
  if (waiting) return waiting
  const stale = [
    ...[TAGS.serves, TAGS.opens, TAGS.opened].flatMap((key) =>
      tagOf(leaving, key) === undefined ? [] : [[leaving, key] as const],
    ),
    ...(tagOf(coming, TAGS.aside) === undefined ? [] : [[coming, TAGS.aside] as const]),
  ]
  for (const [of, key] of stale) if (!(await untag(connection, of.arn, [key], signal))) return onTheMove(of, connection)
  const [, since] = (tagOf(leaving, TAGS.aside) ?? '').split(' ')
  const loss = lossOf(step, coming, since)
  return { state: { name, serving, standby, candidate, ...(loss !== undefined && { lossSeconds: loss }) } }
}

/** Its name leads to nothing at the moment. */
export function onTheMove({ name }: Held, { poll }: Aws): Again {
  return { again: poll, doing: `${name} is on the move; looks again` }
}
