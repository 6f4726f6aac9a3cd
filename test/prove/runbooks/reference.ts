import type { Branch } from '../../../model/runbook/compiled.ts'
import type { Case } from './case.ts'
import { carryOut, moves } from './reference/carrying.ts'
import { answer, end, isOpen, type Model, nextOf } from './reference/state.ts'
import { park, plan, rests, settle } from './reference/turns.ts'
import { World } from './world.ts'

/** What is compared: all that a run leaves behind and all that it asked, in words. */
export interface Seen {
  outcome: string
  procedure: string
  path: string[]
  steps: string[]
  objects: string[]
  /** Every stop for a decision about a step or about the plan, in order, with what was offered and what was said. */
  stops: string[]
  ticked: string[]
  /** Approvals that are owed after a glass was broken. */
  owed: string
}

/** The semantics of a run by a runbook, one thing after the other: what the design and ADR 13 promise, in memory. */
export function predict(given: Case): Seen {
  const model: Model = {
    ...{ given, asked: new Map(), path: [], stops: [], events: new Set<string>(), approved: new Set<string>() },
    ...{
      world: new World(given, []),
      steps: [],
      digest: '',
      owed: 0,
      stale: false,
      paused: false,
      overdue: false,
      moved: false,
    },
    ...{ outcome: '', procedure: '' },
  }
  const procedure = decide(model)
  if (procedure === undefined) end(model, 'not-applicable')
  else begin(model, procedure)
  while (!model.outcome) proceed(model)
  return told(model)
}

function told({ given, outcome, procedure, path, steps, world, stops, events, owed }: Model): Seen {
  const missing = given.checklist.filter(({ required, ticks }) => {
    const happened = ticks && events.has('step' in ticks ? ticks.step : ticks.event)
    return required && !happened
  })
  return {
    ...{ outcome, procedure, path, stops },
    steps: steps.map(({ id, status }) => `${id} ${status}`),
    objects: world.told(),
    ticked: outcome === 'recovered' ? missing.map(({ id }) => id) : [],
    owed: String(owed),
  }
}

/** Evidence goes before what was said at the start, and that before a person who is asked; undefined at a stop. */
function decide(model: Model): string | undefined {
  const { questions } = model.given
  if (questions.length === 0) return 'steps'
  let question: Case['questions'][number] | undefined = questions[0]
  while (question) {
    const { id, evidence, given, onYes, onNo } = question
    const known = evidence === 'unknown' ? given : evidence
    const said = known ?? answer(model, `question ${id}`)
    model.path.push(`${id} ${said} ${evidence === 'unknown' ? (known ? 'alice' : 'bob') : 'evidence'}`)
    const branch: Branch = said === 'yes' ? onYes : onNo
    if ('run' in branch) return branch.run
    question = 'ask' in branch ? questions.find((other) => other.id === branch.ask) : undefined
  }
  return undefined
}

function begin(model: Model, procedure: string): void {
  const planned = model.given.procedures[procedure] ?? []
  const blank = { status: 'waiting', begun: false, byHand: false, decided: false, retried: 0 }
  model.steps = planned.map((step) => ({ ...step, ...blank }))
  model.world = new World(model.given, planned)
  model.procedure = procedure
  plan(model)
}

function proceed(model: Model): void {
  rests(model)
  if (model.outcome) return
  const { steps } = model
  const first = steps.find(isOpen)
  if (!first) return end(model, 'recovered')
  if (model.given.overdue && !model.overdue) {
    model.overdue = true
    return park(model, { step: first, during: 'plan', problem: { code: 'RUN_OVERDUE' } })
  }
  const together = nextOf(model)
  const failures = together.map((step) => carryOut(model, step)).filter((failure) => failure !== undefined)
  if (failures.length > 0) settle(model, failures)
  else if (model.moved || together.some((step) => moves(model, step))) plan(model)
}
