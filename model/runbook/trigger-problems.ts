import { milliseconds } from '../duration.ts'
import type { Runbook } from './document.ts'
import { boundProblems, measurementProblems } from './measurement-problems.ts'
import type { Placed } from './placed.ts'
import { misnamed, type RunbookProblem } from './problem.ts'
import type { Surroundings } from './step-problems.ts'
import { isEngineStep } from './steps.ts'

/** What is wrong with the triggers of a runbook: what could never fire, or would at any time, or asks where nothing is. */
export function triggerProblems(runbook: Runbook, steps: readonly Placed[], around: Surroundings): RunbookProblem[] {
  const { triggers = [], environments } = runbook
  const known = Object.keys(environments ?? {})
  return triggers.flatMap((trigger, at) => {
    const path = ['triggers', at]
    const { id, match, check, environment } = trigger
    const twin = triggers.findIndex((other) => other.id === id) < at
    return [
      ...(twin ? [{ path: [...path, 'id'], message: `two triggers are called ${id}; give each its own id` }] : []),
      ...(match || check ? [] : [{ path, message: 'never fires: say match (labels of an alert) or check' }]),
      ...(environment === undefined ? [] : placeProblems(environment, known, [...path, 'environment'], around)),
      ...(check ? conditionProblems(runbook, trigger, steps, [...path, 'check'], around) : []),
    ]
  })
}

function placeProblems(
  environment: string,
  known: readonly string[],
  path: PropertyKey[],
  { measuring }: Surroundings,
): RunbookProblem[] {
  if (known.length > 0) return misnamed('environment of this runbook called', environment, known, path)
  return measuring ? misnamed('environment', environment, measuring.environments, path) : []
}

function conditionProblems(
  runbook: Runbook,
  { check = {}, environment }: NonNullable<Runbook['triggers']>[number],
  steps: readonly Placed[],
  path: PropertyKey[],
  around: Surroundings,
): RunbookProblem[] {
  const { for: _for, every, ...measurement } = check
  const { of } = measurement
  const moved = steps.filter(({ step }) => !isEngineStep(step)).map(({ id }) => id)
  const embeds = steps.some(({ step }) => step.kind === 'runbook')
  return [
    ...boundProblems(measurement, path),
    ...measurementProblems(runbook, measurement, path, around, environment),
    ...(every !== undefined && milliseconds(every) < 1_000
      ? [{ path: [...path, 'every'], message: 'must be at least 1s' }]
      : []),
    ...(typeof of === 'string' && !embeds
      ? misnamed('step that changes something called', of, moved, [...path, 'of'])
      : []),
  ]
}
