import type { RunState } from '../run.ts'
import { utc } from './text.ts'

/**
 * How long it took people and systems, in milliseconds. Counted from the alert where one is known and lies before the
 * run, else from its start: the time that users suffered. Absent while it has not happened.
 */
export interface Times {
  from: 'alert' | 'start'
  since: string
  /** Until the first change began: noticing, deciding, planning and approving. */
  decide?: number
  /** Until the last change was applied. */
  mitigate?: number
  /** Until everything was applied and verified, and the run ended as recovered. */
  recover?: number
}

/** Since the start of the run, in milliseconds; absent while it has not happened. */
export interface Durations {
  planned?: number
  mitigated?: number
  total?: number
}

export function timesOf(state: RunState): Times {
  const alerted = state.alert ? Date.parse(state.alert.startsAt) : Number.NaN
  const from = alerted <= state.startedAt ? 'alert' : 'start'
  const since = from === 'alert' ? alerted : state.startedAt
  const begun = state.steps.flatMap((step) => (step.begun && step.startedAt ? [step.startedAt] : []))
  const applied = lastApplied(state)
  return {
    from,
    since: utc(since),
    ...(begun.length > 0 && { decide: Math.min(...begun) - since }),
    ...(applied !== undefined && { mitigate: applied - since }),
    ...(state.outcome === 'recovered' && state.endedAt && { recover: state.endedAt - since }),
  }
}

export function durationsOf(state: RunState): Durations {
  const applied = lastApplied(state)
  return {
    ...(state.plannedAt && { planned: state.plannedAt - state.startedAt }),
    ...(applied !== undefined && { mitigated: applied - state.startedAt }),
    ...(state.endedAt && { total: state.endedAt - state.startedAt }),
  }
}

function lastApplied({ timeline }: RunState): number | undefined {
  return timeline.findLast(({ type }) => type === 'step-applied')?.at
}
