import type { RunState } from '../run.ts'

/** Every question that waits for a person now: the decision tree's, and those of steps that ask. */
export function asking(state: RunState): { id: string; question: string; attempt: number }[] {
  const steps = state.steps.filter(({ status }) => status === 'asking')
  return [
    ...(state.decision?.asking ? [state.decision.asking] : []),
    ...steps.map(({ id, title, attempt }) => ({ id, question: title, attempt })),
  ]
}
