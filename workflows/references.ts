import type { Problem } from '../model/errors.ts'
import { partsOf, resolve } from '../model/reference.ts'
import type { Run } from './record.ts'

/** What a verb is called with, once what earlier steps have left stands in the place of every reference to it. */
export function filledIn<Argument>(run: Run, argument: Argument): { value: Argument } | { problem: Problem } {
  const resolved = resolve(argument, (id) => run.state.steps.find((step) => step.id === id)?.state)
  if ('value' in resolved) return resolved
  const { step } = partsOf(resolved.missing)
  const message = `${resolved.missing.ref} is not known: step ${step} was left out, done by hand, or leaves no such thing; carry ${step} out, or abort and write the value into the step`
  return { problem: { code: 'NO_ROLLBACK_TARGET', message } }
}
