import type { RunbookActivities } from '../model/calls.ts'
import { evaluate } from '../model/expression/index.ts'

/** The activity `unwind.evaluate`: answer and inputs go into the history, so a replay never evaluates again. */
export const evaluateExpression: RunbookActivities['unwind.evaluate'] = async ({ expression, facts }) =>
  evaluate(expression, facts)
