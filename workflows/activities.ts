import { ActivityCancellationType, proxyActivities, type RetryPolicy, scheduleActivity } from '@temporalio/workflow'
import type {
  ApplyCall,
  CheckActivities,
  CheckCall,
  EngineActivities,
  LockCall,
  NotifyCall,
  PlanCall,
  RunbookActivities,
  SealCall,
  Sealed,
  SettleCall,
  StepActivities,
  StepCall,
  Told,
  VerifyCall,
} from '../model/calls.ts'
import type { RunLimits } from '../model/limits.ts'
import type { RunInput, RunState, StepState } from '../model/run.ts'
import { compiledOf, type StepKey } from './compiled.ts'

const MINUTE = 60_000
/** The wrapper ends a verb at its limit and says why; Temporal's own bound stands behind it for a wrapper that hangs. */
const GRACE = 30_000

/**
 * The quick ones: a hash, a key. They are ordinary activities and not local ones, because a local activity is lost with
 * the workflow task that carries it whenever the run leaves the cache, and the run then waits for a time-out.
 */
export const engine = proxyActivities<
  Pick<EngineActivities, 'unwind.seal' | 'unwind.identify'> & Pick<RunbookActivities, 'unwind.evaluate'>
>({
  startToCloseTimeout: 10_000,
  retry: { initialInterval: 250, backoffCoefficient: 1.6, maximumInterval: 5_000, maximumAttempts: 40 },
})

/** A message must not hold anybody up: three tries, and all of them within half a minute. */
const people = proxyActivities<Pick<RunbookActivities, 'unwind.notify'>>({
  startToCloseTimeout: 10_000,
  scheduleToCloseTimeout: 30_000,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 5_000, maximumAttempts: 3 },
})

/**
 * One message to one channel. What the channel answers is a result; only the death of its worker is tried again here, for
 * as long as such a death may last.
 */
const channel = proxyActivities<Pick<RunbookActivities, 'unwind.notify'>>({
  // An attempt ends by itself after eight seconds. Before that no other one may begin: two at once would both post.
  startToCloseTimeout: 15_000,
  scheduleToCloseTimeout: 10 * MINUTE,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 10_000 },
})

/** Keeping the report waits for an archive that is away, but the run holds its service's lock meanwhile. */
const keeping = proxyActivities<Pick<RunbookActivities, 'unwind.archive'>>({
  startToCloseTimeout: 45_000,
  scheduleToCloseTimeout: 2 * MINUTE,
  retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 10_000, maximumAttempts: 8 },
})

/** How locks are taken. */
const LOCKING = {
  startToCloseTimeout: MINUTE,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const

type Verbs = StepActivities & { measure: CheckActivities['check.measure'] }
type Verb = keyof Verbs
interface Calls {
  measure: CheckCall
  history: StepCall
  plan: PlanCall
  apply: ApplyCall
  verify: VerifyCall
  settle: SettleCall
}

/** What a call of a step is made with, whatever its kind: where it runs, and for how long it may. */
export interface Route {
  kind: string
  taskQueue?: string
  /** Milliseconds. */
  limit: number
  summary: string
}

/**
 * Calls one verb of a step's target. A system that doesn't answer is tried again with growing pauses, at most
 * `limits.attempts` times; a cancelled verb is waited for, so that nothing overlaps it.
 */
export function call<V extends Verb>(
  verb: V,
  route: Route,
  limits: RunLimits,
  argument: Calls[V],
): Promise<Awaited<ReturnType<Verbs[V]>>> {
  return scheduleActivity<Awaited<ReturnType<Verbs[V]>>>(`${route.kind}.${verb}`, [argument], {
    ...(route.taskQueue && { taskQueue: route.taskQueue, scheduleToStartTimeout: limits.unpolled }),
    startToCloseTimeout: route.limit + GRACE,
    heartbeatTimeout: limits.heartbeat,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: retryPolicy(limits.attempts),
    summary: route.summary.slice(0, 190),
  })
}

/** Tells people. Fails after half a minute at the latest. */
export function notify(message: NotifyCall): ReturnType<RunbookActivities['unwind.notify']> {
  return people['unwind.notify'].executeWithOptions({ summary: `Tell ${message.channels.join(', ')}`.slice(0, 190) }, [
    message,
  ])
}

/** Tells one channel, and answers how it went: never fails. */
export async function deliver(name: string, message: NotifyCall): Promise<Told> {
  try {
    const summary = `${message.quiet ? 'Update' : 'Tell'} ${name}: ${message.event}`.slice(0, 190)
    const { channels } = await channel['unwind.notify'].executeWithOptions({ summary }, [message])
    return channels[0] ?? { name, ok: false, because: 'the worker told nothing' }
  } catch {
    return { name, ok: false, because: 'no worker has told it within ten minutes' }
  }
}

/**
 * Waits beside the run. A timer of the workflow would do, but of its timers the server prepares one at a time: one that is
 * due soon after another is late by up to a second (history.timerProcessorMaxTimeShift), and that one may be the run's own.
 */
export async function pause(milliseconds: number, summary: string): Promise<void> {
  const options = {
    startToCloseTimeout: 10_000,
    scheduleToCloseTimeout: milliseconds + MINUTE,
    retry: { initialInterval: 1_000, backoffCoefficient: 1 },
    summary,
  }
  // Without a worker for a minute more the time has come all the same.
  await scheduleActivity('unwind.pause', [{ milliseconds }], options).catch(() => undefined)
}

/** Keeps the report of a run. Fails after two minutes at the latest. */
export function archive(state: RunState): ReturnType<RunbookActivities['unwind.archive']> {
  return keeping['unwind.archive'].executeWithOptions({ summary: 'Keep the report' }, [{ state }])
}

/** Takes the locks of all objects of a run. A cancelled call is waited for, so that none is taken after the run let go. */
export function lock(call: LockCall, { attempts }: RunLimits): Promise<void> {
  return scheduleActivity('unwind.lock', [call], {
    ...{ ...LOCKING, retry: retryPolicy(attempts) },
    summary: 'Take the locks of all objects',
  })
}

/** Seals a plan, and takes the locks that the call names as `lock` does. */
export function seal(call: SealCall, { attempts }: RunLimits): Promise<Sealed> {
  return scheduleActivity('unwind.seal', [call], {
    ...{ ...LOCKING, retry: retryPolicy(attempts) },
    summary: 'Seal the plan, read what it needs, take the locks',
  })
}

/** Lets go of the object locks. Bounded: a lock whose holder has ended is taken over anyway. */
export async function release(rollbackId: string, objects: string[]): Promise<void> {
  await scheduleActivity('unwind.release', [{ rollbackId, objects }], {
    startToCloseTimeout: 20_000,
    scheduleToCloseTimeout: 2 * MINUTE,
    retry: retryPolicy(10),
    summary: 'Let go of the locks',
  })
}

/** The part of every call that only says which step of which run it is. */
export function stepCall(input: RunInput, rollbackId: string, step: StepKey & Pick<StepState, 'connection'>): StepCall {
  return {
    stepId: step.id,
    step: compiledOf(input, step).step,
    connection: step.connection,
    rollbackId,
    service: input.service,
    environment: input.environment,
    actor: input.startedBy.subject,
    reason: input.reason,
    ...(input.incident !== undefined && { incident: input.incident }),
    ...(input.drill && { drill: true as const }),
  }
}

/** Quick at first, because most outages of a control plane are short; never more than five seconds apart. */
function retryPolicy(maximumAttempts: number): RetryPolicy {
  return { initialInterval: 250, backoffCoefficient: 1.6, maximumInterval: 5_000, maximumAttempts }
}
