import { isCancellation } from '@temporalio/workflow'
import type { Evaluated } from '../model/calls.ts'
import { factsOf } from '../model/runbook/facts.ts'
import { engine } from './activities.ts'
import { problemOf } from './problem.ts'
import type { Run } from './record.ts'
import { abortable } from './scope.ts'

/** An expression over what the run knows now. What can't be evaluated, for whatever reason, is unknown and says why. */
export async function evaluate(run: Run, expression: string, summary: string): Promise<Evaluated> {
  const facts = factsOf(run.input, run.state, Date.now())
  try {
    return await abortable(run, () =>
      engine['unwind.evaluate'].executeWithOptions({ summary: summary.slice(0, 190) }, [{ expression, facts }]),
    )
  } catch (error) {
    if (isCancellation(error)) return { inputs: {}, unknown: 'the run was aborted' }
    return { inputs: {}, unknown: problemOf(error, 'expressions').message }
  }
}
