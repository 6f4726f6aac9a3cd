import type { RunState } from '../run.ts'

/** Every question that a person answers with yes or no now: the decision tree's, and those of steps that ask. */
export function asking(state: RunState): { id: string; question: string; attempt: number; because?: string }[] {
  const steps = state.steps.flatMap(({ id, title, attempt, asking: asked }) => {
    if (!asked || asked.what === 'approve') return []
    return [{ id, question: asked.question || title, attempt, ...(asked.because && { because: asked.because }) }]
  })
  return [...(state.decision?.asking ? [state.decision.asking] : []), ...steps]
}
