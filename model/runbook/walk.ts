import type { CompiledRunbook, Question } from './compiled.ts'
import type { Answered } from './progress.ts'

/** Where the answers so far lead: to the next question, to a procedure, or to an end without a change. */
export function leadsTo(
  { questions, procedure }: Pick<CompiledRunbook, 'questions' | 'procedure'>,
  path: readonly Pick<Answered, 'id' | 'answer'>[],
): { ask: Question } | { run: string } | { stop: string } {
  const [first] = questions
  if (!first) return procedure === undefined ? { stop: 'The runbook has no procedure.' } : { run: procedure }
  let question = first
  for (const { id, answer } of path) {
    if (id !== question.id) break
    const branch: Question['onYes'] = answer === 'yes' ? question.onYes : question.onNo
    if (!('ask' in branch)) return branch
    const next: Question | undefined = questions.find((other) => other.id === branch.ask)
    if (!next) return { stop: `The runbook has no question ${branch.ask}.` }
    question = next
  }
  return { ask: question }
}
