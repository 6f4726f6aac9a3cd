import type { Known } from '../expression/index.ts'
import type { Branch } from './compiled.ts'
import type { Runbook } from './document.ts'
import { procedureNames } from './placed.ts'
import { expressionProblems, misnamed, type RunbookProblem } from './problem.ts'

type Question = NonNullable<Runbook['decision']>[number]
type Answer = 'onYes' | 'onNo'

/** What is wrong with the decision tree: two forms at once, branches that lead nowhere, cycles, what is never reached. */
export function decisionProblems(runbook: Runbook, known: Known): RunbookProblem[] {
  const { decision = [], steps, procedures } = runbook
  const form = formProblem(runbook)
  if (form) return [form]
  if (steps || decision.length === 0) return []
  const ids = decision.map(({ id }) => id)
  const names = Object.keys(procedures ?? {})
  const reached = reach(decision)
  const run = decision
    .filter(({ id }) => reached.has(id))
    .flatMap((question) => branchesOf(question).map(([, to]) => to))
  const chosen = run.flatMap((branch) => ('run' in branch ? [branch.run] : []))
  return [
    ...decision.flatMap((question, at) => [
      ...(ids.indexOf(question.id) < at
        ? [{ path: ['decision', at, 'id'], message: `two questions are called ${question.id}; give each its own id` }]
        : []),
      ...expressionProblems(question.evidence, { ...known, steps: [] }, ['decision', at, 'evidence']),
      ...branchesOf(question).flatMap(([answer, branch]) => leadsNowhere(branch, ids, names, ['decision', at, answer])),
      ...(reached.has(question.id)
        ? []
        : [{ path: ['decision', at, 'id'], message: `nothing leads to ${question.id}` }]),
    ]),
    ...cycleProblems(decision),
    ...names
      .filter((name) => !chosen.includes(name))
      .map((name) => ({ path: ['procedures', name], message: `no answer leads to procedure ${name}` })),
  ]
}

function formProblem(runbook: Runbook): RunbookProblem | undefined {
  const { decision, steps, procedures } = runbook
  if (steps && procedures) return { path: ['procedures'], message: 'a runbook has steps, or procedures; remove one' }
  if (steps && decision)
    return { path: ['decision'], message: 'chooses between procedures; name them instead of steps' }
  if (procedureNames(runbook).length === 0)
    return { path: [], message: 'a runbook needs steps, or a decision with its procedures' }
  if (procedures && !decision)
    return { path: ['procedures'], message: 'a decision has to choose between them; write one, or steps alone' }
  return undefined
}

function branchesOf(question: Question): [Answer, Branch][] {
  return [
    ['onYes', question.onYes],
    ['onNo', question.onNo],
  ]
}

function leadsNowhere(branch: Branch, ids: string[], names: string[], path: PropertyKey[]): RunbookProblem[] {
  if ('ask' in branch) return misnamed('question', branch.ask, ids, [...path, 'ask'])
  return 'run' in branch ? misnamed('procedure', branch.run, names, [...path, 'run']) : []
}

/** Ids of the questions that the first one leads to, itself included. */
function reach(decision: readonly Question[]): Set<string> {
  const reached = new Set<string>()
  const open = decision.slice(0, 1)
  for (let question = open.pop(); question; question = open.pop()) {
    if (reached.has(question.id)) continue
    reached.add(question.id)
    open.push(...nextOf(question, decision))
  }
  return reached
}

function nextOf(question: Question, decision: readonly Question[]): Question[] {
  return branchesOf(question).flatMap(([, branch]) => {
    const next = 'ask' in branch ? decision.find(({ id }) => id === branch.ask) : undefined
    return next ? [next] : []
  })
}

/** Each branch that leads back to a question which was asked before it. */
function cycleProblems(decision: readonly Question[]): RunbookProblem[] {
  const problems: RunbookProblem[] = []
  const done = new Set<string>()
  const visit = (question: Question, trail: string[]): void => {
    if (done.has(question.id)) return
    for (const [answer, branch] of branchesOf(question)) {
      const next = 'ask' in branch ? decision.find(({ id }) => id === branch.ask) : undefined
      if (!next) continue
      const path = ['decision', decision.indexOf(question), answer]
      const round = [...trail, question.id]
      if (!round.includes(next.id)) visit(next, round)
      else
        problems.push({
          path,
          message: `goes round in a circle: ${[...round.slice(round.indexOf(next.id)), next.id].join(' → ')}`,
        })
    }
    done.add(question.id)
  }
  for (const question of decision) visit(question, [])
  return problems
}
