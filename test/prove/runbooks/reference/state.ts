import { type Answer, answerOf, type Case, type PlannedStep } from '../case.ts'
import type { Problem, World } from '../world.ts'

export interface Step extends PlannedStep {
  status: string
  begun: boolean
  byHand: boolean
  decided: boolean
  retried: number
  /** Where a person said that it is to go. */
  wanted?: string
  plan?: { from: string; to: string }
  state?: string
  verdict?: string
  problem?: Problem
}

export type During = 'plan' | 'apply' | 'verify' | 'compensate'
export interface Failure {
  step: Step
  during: During
  problem: Problem
}

/** A run in the reference model. */
export interface Model {
  readonly given: Case
  readonly asked: Map<string, number>
  readonly path: string[]
  readonly stops: string[]
  /** What ticks items of the checklist: steps that ended, and that a plan was made. */
  readonly events: Set<string>
  readonly approved: Set<string>
  world: World
  steps: Step[]
  digest: string
  /** The plan that somebody went on with without its approvals, and how often that happened. */
  broken?: string
  owed: number
  /** Somebody has to agree to the plan because it is another one than before. */
  stale: boolean
  paused: boolean
  /** What has begun was finished first; the rest is planned anew after it. */
  moved: boolean
  overdue: boolean
  outcome: string
  procedure: string
}

export function end(model: Model, outcome: string): void {
  model.outcome ||= outcome
}

/** What people say when this is asked; before it, somebody may pause the run. */
export function answer(model: Model, subject: string): Answer {
  return answerOf(model.given, subject, ask(model, subject))
}

/** Counts that this is asked; how often it was asked before. */
export function ask(model: Model, subject: string): number {
  const nth = model.asked.get(subject) ?? 0
  model.asked.set(subject, nth + 1)
  if (model.given.pauses.includes(`${subject}/${nth}`)) model.paused = true
  return nth
}

/** The plan goes on without its approvals: one is owed for it. */
export function breakGlass(model: Model): void {
  model.broken = model.digest
  model.owed += 1
}

/** What a compensation would take back, the latest first. */
export function begunOf({ steps }: Model): Step[] {
  return steps.filter(({ begun, status }) => begun && status !== 'compensated').toReversed()
}

export function isChange({ role }: Step): boolean {
  return role === 'change'
}

export function isOpen({ status }: Step): boolean {
  return status !== 'done' && status !== 'skipped'
}

/** The first open step, or all open ones of its group. */
export function nextOf({ steps }: Model): Step[] {
  const from = steps.findIndex(isOpen)
  const first = steps[from]
  if (!first) return []
  const behind = steps.findIndex((step, index) => index > from && step.group !== first.group)
  return first.group === undefined ? [first] : steps.slice(from, behind < 0 ? undefined : behind).filter(isOpen)
}
