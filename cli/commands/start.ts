import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { postRollback, type Started } from '../calls.ts'
import { type Client, connect, isRefused, isUnanswered } from '../client.ts'
import { CommandError, EXIT } from '../exit.ts'
import { detachable } from '../interrupt.ts'
import { requestOf } from '../request.ts'
import { type Terminal, terminal } from '../terminal.ts'
import type { WatchOptions } from '../define/options.ts'
import { finish } from './finish.ts'
import { type PlanOptions, showPlan } from './plan.ts'

type StartOptions = PlanOptions & WatchOptions & { dryRun?: boolean }

/** `unwind start`: posts the request once, whatever the connection does, and watches the rollback. */
export async function start(workload: string | undefined, options: StartOptions): Promise<number> {
  const request = await requestOf(workload, options, options.dryRun ? 'planned only' : undefined)
  if (options.dryRun) return showPlan(request, workload, options)
  const client = await connect(options)
  const out = terminal()
  return detachable(options.timeout, async (signal) => {
    const started = await once(signal, (key) => postRollback(client, request, key, signal))
    return goOn(client, started, options, out, signal)
  })
}

/** After a start: says what was started, and watches it unless that is not wanted. */
export async function goOn(
  client: Client,
  started: Started,
  options: WatchOptions,
  out: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { service, environment, runId, created, worker } = started
  out.say(
    `${created ? 'Started the rollback' : 'This request has started the rollback already:'} ${created ? 'of ' : ''}${service} in ${environment}, run ${runId}.`,
  )
  if (worker === 'none')
    out.say('No worker is running, so it waits. Start one with `unwind worker`, or all with `unwind server`.')
  return finish(client, { service, environment }, { ...options, run: runId, value: started }, out, signal)
}

const TRIES = 5

/**
 * Posts with one idempotency key, and again with the same one when the connection is lost: the answer may be what was
 * lost. A server that was never reached is not waited for.
 */
export async function once<Result>(signal: AbortSignal, post: (key: string) => Promise<Result>): Promise<Result> {
  const key = randomUUID()
  for (let attempt = 1; ; attempt++) {
    try {
      return await post(key)
    } catch (error) {
      if (signal.aborted) throw left()
      const nothingThere = attempt === 1 && isRefused(error)
      if (!isUnanswered(error) || nothingThere || attempt === TRIES) throw error
      process.stderr.write('The connection was lost; asking again with the same key.\n')
      await pause(500 * 2 ** attempt, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) throw left()
    }
  }
}

function left(): CommandError {
  return new CommandError(
    EXIT.interrupted,
    'Left before the API had answered. The rollback may have been started: look with `unwind list`.',
  )
}
