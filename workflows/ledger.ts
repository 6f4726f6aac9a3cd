import type { Problem } from '../model/errors.ts'
import { leaveWord, stops } from './entities.ts'
import { problemOf } from './problem.ts'
import { note, type Run } from './record.ts'

/** Outcomes of runs that may have changed something. */
const TOLD: readonly string[] = ['recovered', 'compensated', 'aborted']

/** Leaves word with the service that the run has ended. Bounded; what fails is noted and holds nothing up. */
export async function tellLedger(run: Run): Promise<void> {
  const { input, state } = run
  if (!input.ledger || !TOLD.includes(state.outcome ?? '')) return
  await leaveWord(input, state.runId).catch(() => {
    note(run, 'told', 'The ledger of the service could not be told; lock deploys by hand with `unwind lock`')
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
