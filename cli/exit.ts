import { type ErrorCode, errors, isErrorCode } from '../model/errors.ts'
import type { RunState } from '../model/run.ts'

/** What each exit code of `unwind` means. 1 to 7 are also the column `exit` of the error table in the model. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  refused: 3,
  denied: 4,
  notFound: 5,
  conflict: 6,
  unavailable: 7,
  needsPerson: 8,
  endedOtherwise: 9,
  timeout: 124,
  interrupted: 130,
} as const

/** The table as help and documentation print it. */
export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'done; for a rollback that was watched: recovered'],
  [EXIT.internal, 'Unwind itself failed'],
  [EXIT.usage, 'the command, the request or the configuration is not valid'],
  [EXIT.refused, 'the system does not allow it: nothing to go back to, owned by something else, not healthy'],
  [EXIT.denied, 'not known who asks, or not allowed'],
  [EXIT.notFound, 'there is no such rollback, object or service'],
  [EXIT.conflict, 'something else is running, or has moved on since it was shown'],
  [EXIT.unavailable, 'the API, Temporal, a worker or the system does not answer'],
  [EXIT.needsPerson, 'the rollback waits for a person: parked, paused, asking, awaiting an approval or a tick'],
  [
    EXIT.endedOtherwise,
    'ended, but not recovered: compensated, aborted, rejected or expired; a scenario ended otherwise than expected',
  ],
  [EXIT.timeout, '--timeout passed; the rollback goes on'],
  [EXIT.interrupted, 'Ctrl-C; the rollback goes on'],
]

/** The exit code of a code from the error table; 1 for a word that is not in it. */
export function exitOfCode(code: ErrorCode | string | undefined): number {
  return isErrorCode(code) ? errors[code].exit : EXIT.internal
}

/** The exit code of a run as it stands; undefined while it goes on by itself. */
export function exitOfRun(run: RunState): number | undefined {
  if (run.phase === 'ended') {
    if (run.outcome === 'recovered') return EXIT.ok
    if (run.outcome === 'not-applicable') return run.problem ? exitOfCode(run.problem.code) : EXIT.refused
    return EXIT.endedOtherwise
  }
  if (run.phase === 'parked' || run.phase === 'awaiting-approval' || run.phase === 'closing') return EXIT.needsPerson
  return asksOnly(run) || rests(run) ? EXIT.needsPerson : undefined
}

/** Whether the run asks people something and nothing goes on meanwhile. */
function asksOnly({ decision, steps }: RunState): boolean {
  if (decision?.asking) return true
  return steps.some(({ asking }) => asking !== undefined) && !steps.some(isBusy)
}

/** Whether a pause has taken effect: the step that was running when it was asked for goes on to its end. */
function rests({ pause, phase, steps }: RunState): boolean {
  return pause !== undefined && phase === 'running' && !steps.some(isBusy)
}

function isBusy({ status, role }: RunState['steps'][number]): boolean {
  if (role === 'wait') return false
  return status === 'applying' || status === 'verifying' || status === 'compensating'
}

/** A failure that ends the command: one message for people, one exit code for scripts. */
export class CommandError extends Error {
  readonly exit: number
  /** The code of the error table, where the API gave one. */
  readonly code: string | undefined
  readonly facts: Record<string, unknown> | undefined

  constructor(
    exit: number,
    message: string,
    more: { code?: string; facts?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'CommandError'
    this.exit = exit
    this.code = more.code
    this.facts = more.facts
  }
}

/** A wrong use of the command itself. */
export function usage(message: string): CommandError {
  return new CommandError(EXIT.usage, message)
}
