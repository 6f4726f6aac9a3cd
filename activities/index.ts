import type { KeyObject } from 'node:crypto'
import { ApplicationFailure, Context } from '@temporalio/activity'
import type { EngineActivities, RunbookActivities, SealCall, Sealed, StepActivities } from '../model/calls.ts'
import type { Configuration } from '../model/configuration.ts'
import { UnwindError } from '../model/errors.ts'
import type { StepKind } from '../model/step.ts'
import type { Target } from '../model/target.ts'
import { type Archive, openArchive } from './archive/index.ts'
import { keepDrill } from './archive/drills.ts'
import { keepReport } from './archive/keep.ts'
import { checkActivities } from './checks/index.ts'
import { Connections } from './connections.ts'
import { evaluateExpression } from './expression.ts'
import { mapped } from './failures.ts'
import { identify } from './identity.ts'
import { letGo, takeLocks } from './locks.ts'
import { notifier } from './notify/index.ts'
import { onCallGroups } from './oncall.ts'
import { targets } from './registry.ts'
import { sealer } from './sealing.ts'
import { serviceActivities } from './services/entities.ts'
import { enforcing } from './services/enforcing.ts'
import { verbs } from './verbs.ts'

export interface ActivityOptions {
  configuration: Configuration
  /** Public keys whose signatures on messages count. Without any, nothing but pause and retry is taken. */
  verifyKeys: readonly KeyObject[]
  /** Other targets than the registry's: tests bring systems that live in memory. */
  targets?: Readonly<Record<string, () => Promise<Target>>>
  /** The kinds of those, where they are not the product's. */
  kinds?: Readonly<Record<string, Pick<StepKind, 'drill'>>>
}

/** Every activity that a worker registers: `<kind>.<verb>` for each target, `check.measure`, and the engine's own. */
export function createActivities(options: ActivityOptions): Record<string, (call: never) => Promise<unknown>> {
  const { configuration, targets: systems = targets } = options
  const connections = new Connections(configuration)
  const sealing = sealer(configuration, options.kinds)
  const steps = Object.entries(systems).flatMap(([kind, load]) => named(kind, verbs(kind, load, connections, sealing)))
  const measuring = checkActivities({ configuration, connections, targets: systems })
  const guards = enforcing(systems, connections)
  const entities = Object.entries(serviceActivities).map(([name, work]) => [
    name,
    (call: never) => mapped(() => work(call)),
  ])
  return { ...Object.fromEntries([...steps, ...entities]), ...measuring, ...guards, ...engine(options, sealing) }
}

function named(kind: string, activities: StepActivities): [string, (call: never) => Promise<unknown>][] {
  return Object.entries(activities).map(([verb, activity]) => [`${kind}.${verb}`, activity])
}

function engine(
  { configuration, verifyKeys }: ActivityOptions,
  sealing: (call: SealCall) => Promise<Sealed>,
): EngineActivities & RunbookActivities {
  const archive = openArchive(configuration.archive)
  return {
    'unwind.archive': ({ state }) =>
      mapped(() => (state.drill ? keepDrill : keepReport)(requireArchive(archive), state)),
    'unwind.notify': notifier(configuration, { attempt }),
    'unwind.evaluate': (call) => mapped(() => evaluateExpression(call)),
    'unwind.seal': (call) => mapped(() => sealedAndLocked(call, sealing)),
    'unwind.identify': (call) =>
      mapped(async () => {
        const { subject, groups } = await identify(verifyKeys, call)
        // Only an approval asks for groups; everything else needs no look at who is on call.
        const more = call.message === 'approve' ? await onCallGroups(configuration, subject) : []
        return { subject, groups: [...groups.filter((group) => !group.startsWith('pagerduty:')), ...more] }
      }),
    'unwind.lock': ({ rollbackId, objects }) => mapped(() => takeLocks(objects, rollbackId)),
    'unwind.release': async ({ rollbackId, objects }) => letGo(Context.current().client, objects, rollbackId),
    'unwind.pause': pause,
  }
}

/** Does both at once. Nothing is under way any more when it fails, so that no lock is taken after the run let go. */
async function sealedAndLocked(call: SealCall, sealing: (call: SealCall) => Promise<Sealed>): Promise<Sealed> {
  if (!call.locks) return sealing(call)
  const { objects, rollbackId } = call.locks
  const [locked, sealed] = await Promise.allSettled([takeLocks(objects, rollbackId), sealing(call)])
  if (locked.status === 'rejected') throw locked.reason
  if (sealed.status === 'rejected') throw sealed.reason
  return { ...sealed.value, locked: true }
}

/** The server begins it again when the time has come. Both times are the server's, so that no worker's clock matters. */
async function pause({ milliseconds }: { milliseconds: number }): Promise<void> {
  const { scheduledTimestampMs, currentAttemptScheduledTimestampMs } = Context.current().info
  const rest = scheduledTimestampMs + milliseconds - currentAttemptScheduledTimestampMs
  if (rest > 0)
    throw ApplicationFailure.create({ type: 'NOT_YET', message: 'not yet', nextRetryDelay: rest, category: 'BENIGN' })
}

const attempt = () => Context.current().info.attempt

function requireArchive(archive: Archive | undefined): Archive {
  if (archive) return archive
  const message = 'this worker’s unwind.yaml has no archive; give it the one that the API has, and restart the worker'
  throw new UnwindError('CONFIGURATION_INVALID', message)
}
