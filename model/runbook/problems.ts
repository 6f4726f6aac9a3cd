import { EVENT_TYPES } from '../run.ts'
import type { ParameterValue } from './compiled.ts'
import { decisionProblems } from './decision-problems.ts'
import type { Runbook } from './document.ts'
import { whyNotPattern, whyNotValue } from './parameters.ts'
import { type Placed, placedSteps } from './placed.ts'
import { expressionProblems, misnamed, type RunbookProblem } from './problem.ts'
import { spreadProblems } from './spread-problems.ts'
import { channelProblems, knownIn, stepProblems, type Surroundings } from './step-problems.ts'
import { triggerProblems } from './trigger-problems.ts'

/**
 * Everything that is wrong with a runbook which its schema has accepted, in the order of the document's parts: names that
 * lead nowhere, cycles, what is never reached, parameters and expressions that can't be. Pure; at most 100 problems.
 */
export function runbookProblems(runbook: Runbook, around: Surroundings = {}): RunbookProblem[] {
  const steps = placedSteps(runbook)
  return [
    ...parameterProblems(runbook),
    ...triggerProblems(runbook, steps, around),
    ...policyProblems(runbook),
    ...decisionProblems(runbook, knownIn(runbook)),
    ...spreadProblems(runbook, around),
    ...once(steps.flatMap((placed) => stepProblems(runbook, placed, steps, around))),
    ...peopleProblems(runbook, around),
    ...checklistProblems(runbook, steps),
  ].slice(0, 100)
}

/** A step that is written once for several clusters has the same fault in each. */
function once(problems: RunbookProblem[]): RunbookProblem[] {
  return [...new Map(problems.map((problem) => [problem.path.join('\n') + problem.message, problem])).values()]
}

function parameterProblems({ parameters = {} }: Runbook): RunbookProblem[] {
  const releases = Object.keys(parameters).filter((name) => parameters[name]?.type === 'release')
  const second = releases[1]
  return [
    ...(second === undefined ? [] : [{ path: ['parameters', second], message: 'a runbook has one release at most' }]),
    ...Object.entries(parameters).flatMap(([name, parameter]) => {
      const refused = parameter.pattern === undefined ? undefined : whyNotPattern(parameter.pattern)
      if (refused) return [{ path: ['parameters', name, 'pattern'], message: refused }]
      const wrong = (value: ParameterValue | undefined, path: PropertyKey[], rules = parameter): RunbookProblem[] => {
        const message = value === undefined ? undefined : whyNotValue(rules, value)
        return message ? [{ path: ['parameters', name, ...path], message }] : []
      }
      const { enum: allowed = [], ...rules } = parameter
      return [...wrong(parameter.default, ['default']), ...allowed.flatMap((v, at) => wrong(v, ['enum', at], rules))]
    }),
  ]
}

function policyProblems(runbook: Runbook): RunbookProblem[] {
  const rules = runbook.policy?.approvals ?? []
  const always = rules.findIndex(({ when }) => when === undefined)
  const dead = always >= 0 && always < rules.length - 1
  return [
    ...rules.flatMap(({ when }, at) => expressionProblems(when, knownIn(runbook), ['policy', 'approvals', at, 'when'])),
    ...(dead
      ? [{ path: ['policy', 'approvals', always + 1], message: 'never applies: the rule before it always does' }]
      : []),
  ]
}

function peopleProblems(runbook: Runbook, around: Surroundings): RunbookProblem[] {
  const { every: _every, ...communicate } = runbook.communicate ?? {}
  return Object.entries(communicate).flatMap(([event, names]) =>
    (names ?? []).flatMap((name, at) => channelProblems(runbook, name, around, ['communicate', event, at])),
  )
}

function checklistProblems({ checklist = [] }: Runbook, steps: Placed[]): RunbookProblem[] {
  const ids = [...new Set(steps.map(({ id }) => id))]
  const embeds = steps.some(({ step }) => step.kind === 'runbook')
  return checklist.flatMap(({ id, ticks }, at) => [
    ...(checklist.findIndex((other) => other.id === id) < at
      ? [{ path: ['checklist', at, 'id'], message: `two items are called ${id}; give each its own id` }]
      : []),
    ...(ticks && 'step' in ticks && !embeds
      ? misnamed('step', ticks.step, ids, ['checklist', at, 'ticks', 'step'])
      : []),
    ...(ticks && 'event' in ticks
      ? misnamed('event', ticks.event, EVENT_TYPES, ['checklist', at, 'ticks', 'event'])
      : []),
  ])
}
