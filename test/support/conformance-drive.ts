import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { errors, UnwindError } from '../../model/errors.ts'
import type { CallContext, Move, Plan, State, Target, Verdict } from '../../model/target.ts'

/** What one call of a verb is told, as the engine would tell it. */
export function contextFor(connection: unknown, more: Partial<CallContext> = {}): CallContext {
  return {
    rollbackId: `conformance-${randomUUID()}`,
    stepId: 'step',
    service: 'conformance',
    environment: 'test',
    actor: 'conformance@example.test',
    reason: 'to see whether the target keeps its contract',
    connection,
    signal: new AbortController().signal,
    since: Date.now(),
    ...more,
  }
}

const LIMIT = 60_000

/** A plan; tried again, as the engine does, while the system says that it is not ready to tell. */
export async function planOf(target: Target, step: unknown, context: CallContext): Promise<Plan> {
  return patiently(async () => target.plan(parsed(target, step), context))
}

/** Applies until the target says that it is done. */
export async function applied(target: Target, step: unknown, move: Move, context: CallContext): Promise<State> {
  const answer = await untilFinal(async () => target.apply(parsed(target, step), move, context))
  return (answer as { state: State }).state
}

/** Verifies until there is a verdict. */
export async function verified(target: Target, step: unknown, state: State, context: CallContext): Promise<Verdict> {
  const since = Date.now()
  return (await untilFinal(async () => target.verify(parsed(target, step), state, { ...context, since }))) as Verdict
}

function parsed(target: Target, step: unknown): never {
  return target.schema.parse(step) as never
}

/** What the work throws, which must be an error of the closed table. */
export async function errorOf(work: () => Promise<unknown>): Promise<UnwindError> {
  try {
    const answer = await work()
    throw new Error(`expected an error, but it answered ${JSON.stringify(answer).slice(0, 300)}`)
  } catch (error) {
    if (error instanceof UnwindError) return error
    throw error
  }
}

async function untilFinal<Answer extends object>(once: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + LIMIT
  for (;;) {
    const answer = await once()
    if (!('again' in answer)) return answer
    if (Date.now() > deadline) throw new Error(`no end after ${LIMIT} ms: ${JSON.stringify(answer)}`)
    await pause(Math.min(Number(answer.again), 500))
  }
}

async function patiently<Answer>(once: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + LIMIT
  for (;;) {
    try {
      return await once()
    } catch (error) {
      if (!(error instanceof UnwindError) || !errors[error.code].retryable || Date.now() > deadline) throw error
      await pause(50)
    }
  }
}
