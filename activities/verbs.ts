import { Context } from '@temporalio/activity'
import type { z } from 'zod'
import type {
  ApplyCall,
  PlanCall,
  SealCall,
  Sealed,
  SettleCall,
  StepActivities,
  StepCall,
  VerifyCall,
} from '../model/calls.ts'
import { readable } from '../model/duration.ts'
import { UnwindError } from '../model/errors.ts'
import { type Again, type CallContext, lockedBy, type StepSchema, type Target } from '../model/target.ts'
import type { Connections } from './connections.ts'
import { toFailure } from './failures.ts'
import { takeLocks } from './locks.ts'
import { readLedger } from './services/entities.ts'

/** How often a verb shows that it lives while it waits inside one call; well below the heartbeat timeout. */
const BEATS_PER_TIMEOUT = 4
/** No pause between two looks is longer, whatever a target asks for. */
const LONGEST_PAUSE = 30_000

/** Turns a target into activities: the loops, heartbeats, cancellation, limits and errors that no target writes itself. */
export function verbs(
  kind: string,
  load: () => Promise<Target>,
  connections: Connections,
  seal: (call: SealCall) => Promise<Sealed>,
): StepActivities {
  const open = async (call: StepCall) => {
    const target = await load()
    const connection = await connections.get(call.connection, kind, target)
    return { target, step: target.schema.parse(call.step), context: contextOf(call, connection) }
  }
  return {
    history: (call) =>
      alive(async () => {
        const { target, step, context } = await open(call)
        return (await target.history(step, context)).slice(0, 50)
      }),
    plan: (call) =>
      alive(async () => {
        const made = await plan(open, call)
        if (!call.seal) return made
        const step = { id: call.stepId, kind, connection: call.connection, plan: made }
        const sealed = await seal({ ...call.seal, steps: [step] })
        return { ...made, sealed: { ...sealed, ...(call.lockQueue && { locked: true as const }) } }
      }),
    apply: (call: ApplyCall) =>
      alive(async () => {
        const opened = await open(call)
        const { target, step } = opened
        const again = call.retried || Context.current().info.attempt > 1 ? { retried: true as const } : {}
        const context = { ...opened.context, ...again }
        try {
          return await untilDone(call.limit, () => target.apply(step, call.move, context))
        } finally {
          await cancel(target, step, call, context)
        }
      }),
    verify: (call: VerifyCall) =>
      alive(async () => {
        const { target, step, context } = await open(call)
        return untilDone(call.limit, () => target.verify(step, call.state, { ...context, since: call.since }))
      }),
    settle: (call: SettleCall) =>
      alive(async () => {
        const { target, step, context } = await open(call)
        if (target.settle) return target.settle(step, call.move, context)
        throw new UnwindError('INTERNAL', `a step of kind ${kind} leaves nothing owed that this worker could settle`)
      }),
  }
}

/** How long stopping what goes on outside may take, in milliseconds. */
const STOPPING = 20_000

/** Of an abort, not of a worker that shuts down: there the next one goes on. */
async function cancel(
  target: Target,
  step: z.infer<StepSchema>,
  { move }: ApplyCall,
  context: CallContext,
): Promise<void> {
  const { cancellationDetails, info, log } = Context.current()
  if (!target.cancel || cancellationDetails?.cancelRequested !== true) return
  try {
    await target.cancel(step, move, { ...context, signal: AbortSignal.timeout(STOPPING) })
  } catch (error) {
    const why = error instanceof UnwindError ? error.code : 'unforeseen'
    log.warn(`${info.activityType}: what it has started could not be stopped: ${why}`)
  }
}

type Open = (call: StepCall) => Promise<{ target: Target; step: z.infer<StepSchema>; context: CallContext }>

async function plan(open: Open, call: PlanCall) {
  const { target, step, context } = await open(call)
  const { towards, assumed, earlier } = call
  const known = { ...(towards && { towards }), ...(assumed && { assumed }), ...(earlier && { earlier }) }
  const plan = await target.plan(step, { ...context, ...known })
  if (!call.lockQueue) return plan
  if (call.locksLater) return { ...plan, unlocked: call.locksLater }
  await takeLocks(lockedBy(plan), call.rollbackId, call.lockQueue)
  return plan
}

function contextOf(call: StepCall, connection: unknown): CallContext {
  const { rollbackId, stepId, service, environment, actor, reason, incident, drill } = call
  const signal = Context.current().cancellationSignal
  const about = {
    rollbackId,
    stepId,
    service,
    environment,
    actor,
    reason,
    ...(incident && { incident }),
    ...(drill && { drill }),
  }
  // Asked at most once per call, and only by systems that have use for it.
  let known: ReturnType<typeof readLedger> | undefined
  const ledger = () => (known ??= readLedger({ environment, service }))
  return { ...about, connection, signal, since: Date.now(), ledger }
}

/** Calls until the answer is final. At least one call is made; then the limit ends it with what it waited for. */
async function untilDone<Answer>(limit: number, once: () => Promise<Answer>): Promise<Exclude<Answer, Again>> {
  const { info, heartbeat, sleep } = Context.current()
  const deadline = Date.now() + limit
  for (;;) {
    const answer = await once()
    if (isFinal(answer)) return answer
    const { again, doing } = answer as Again
    heartbeat({ doing, attempt: info.attempt })
    if (Date.now() + again > deadline)
      throw new UnwindError('STEP_TIMEOUT', `not done after ${readable(limit)}: ${doing}; see why, then retry`)
    await sleep(Math.min(again, LONGEST_PAUSE))
  }
}

function isFinal<Answer>(answer: Answer): answer is Exclude<Answer, Again> {
  return !(typeof answer === 'object' && answer !== null && 'again' in answer)
}

/** Shows signs of life while the work goes on, and maps what it throws. */
async function alive<Result>(work: () => Promise<Result>): Promise<Result> {
  const context = Context.current()
  const every = (context.info.heartbeatTimeoutMs ?? 10_000) / BEATS_PER_TIMEOUT
  const beat = setInterval(() => context.heartbeat(context.info.heartbeatDetails), every)
  try {
    return await work()
  } catch (error) {
    throw await toFailure(error)
  } finally {
    clearInterval(beat)
  }
}
