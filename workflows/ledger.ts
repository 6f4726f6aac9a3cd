import type { Problem } from '../model/errors.ts'
import { leaveWord, stops } from './entities.ts'
import { problemOf } from './problem.ts'
import { note, type Run } from './record.ts'

/** Outcomes of runs that may have changed something. */
const TOLD: readonly string[] = ['recovered', 'compensated', 'aborted']

/** Whether the service is told that the run has ended. */
export function tellsLedger({ input, state }: Run): boolean {
  return input.ledger === true && TOLD.includes(state.outcome ?? '')
}

/**
 * Leaves word with the service that the run has ended, and answers whether these objects were let go of in the same call.
 * Bounded; what fails is noted and holds nothing up.
 */
export async function tellLedger(run: Run, objects?: string[]): Promise<boolean> {
  const { input, state } = run
  return leaveWord(input, state.runId, objects).catch(() => {
    note(run, 'told', 'The ledger of the service could not be told; lock deploys by hand with `unwind lock`')
    return false
  })
}

/**
 * Why a run that nobody has started may not make its next change: the kill switch, or monitoring that is down. Once a
 * person has answered for a parked step, the run is that person's.
 */
export async function whyStopped({ input, state }: Run): Promise<Problem | undefined> {
  if (!input.automatic || state.steps.some(({ attempt }) => attempt > 0)) return undefined
  const stop = await stops(input).catch((error: unknown) => ({ text: problemOf(error, 'unwind').message }))
  if (!stop) return undefined
  return { code: 'AUTOMATION_STOPPED', message: `${stop.text}. Retry goes on, by whoever says so.` }
}
