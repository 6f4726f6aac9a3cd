import { Context } from '@temporalio/activity'
import type { EnforceCall } from '../../model/service/calls.ts'
import { UnwindError } from '../../model/errors.ts'
import type { Target } from '../../model/target.ts'
import type { Connections } from '../connections.ts'
import { mapped } from '../failures.ts'

type Enforce = (call: EnforceCall) => Promise<{ object: string }>

/** The activity `<kind>.enforce` of every target; a system that can't refuse images says so. */
export function enforcing(
  systems: Readonly<Record<string, () => Promise<Target>>>,
  connections: Connections,
): Record<string, Enforce> {
  const activities = Object.entries(systems).map(([kind, load]) => {
    const enforce: Enforce = ({ connection: name, place, denied, reason, service, environment }) =>
      mapped(async () => {
        const target = await load()
        if (!target.enforce)
          throw new UnwindError(
            'INVALID_REQUEST',
            `a system of kind ${kind} can't refuse images; lock without --enforce`,
          )
        const connection = await connections.get(name, kind, target)
        const signal = Context.current().cancellationSignal
        return target.enforce({ denied, place, reason }, { connection, signal, service, environment })
      })
    return [`${kind}.enforce`, enforce] as const
  })
  return Object.fromEntries(activities)
}
