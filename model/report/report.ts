import type { LastDrill } from '../drill/result.ts'
import type { Problem } from '../errors.ts'
import type { Actor, Approval } from '../policy.ts'
import type { Answered, Obligation, ReleaseFacts, TickedItem } from '../runbook/progress.ts'
import type { EventType, Outcome, Phase, RunState, TimelineEvent } from '../run.ts'
import { type ReportStep, reportStep } from './step.ts'
import { utc } from './text.ts'
import { type Durations, durationsOf, type Times, timesOf } from './times.ts'

/** What is handed over afterwards. The same record gives the same report, byte for byte. All instants are in UTC. */
export interface Report {
  format: 1
  id: string
  runId: string
  service: string
  environment: string
  reason: string
  incident?: string
  undoes?: string
  startedBy: Actor
  startedAt: string
  endedAt?: string
  phase: Phase
  outcome?: Outcome
  problem?: Problem
  planDigest?: string
  alert?: NonNullable<RunState['alert']>
  runbook?: NonNullable<RunState['runbook']>
  procedure?: string
  /** The path through the decision tree, with what each answer was made of. */
  path: Timed<Answered>[]
  release?: ReleaseFacts
  /** The last drill of the service that passed, where a step touches data: `null` where none ever has. */
  lastDrill?: Timed<LastDrill> | null
  /** What the service served when the plan was made. */
  traffic?: string
  /** Why approvals were asked for. */
  because: string[]
  approvals: Timed<Approval>[]
  brokenGlass?: Timed<NonNullable<RunState['brokenGlass']>>
  durations: Durations
  times: Times
  steps: ReportStep[]
  stillChanged: string[]
  /** What people said to the run. */
  decisions: ReportEvent[]
  /** What was told to people, and whether it arrived. */
  messages: ReportEvent[]
  checklist: (Omit<TickedItem, 'ticked'> & { ticked?: Timed<NonNullable<TickedItem['ticked']>> })[]
  obligations: ReportObligation[]
  timeline: (ReportEvent & { after: number })[]
}

type Timed<Part extends { at: number }> = Omit<Part, 'at'> & { at: string }
type ReportEvent = Timed<TimelineEvent>
type ReportObligation = Omit<Obligation, 'due' | 'settled'> & {
  due: string
  settled?: Timed<NonNullable<Obligation['settled']>>
}

const DECISIONS: readonly EventType[] = [
  'rejected',
  'answered',
  'decided',
  'corrected',
  'paused',
  'resumed',
  'claimed',
  'aborted',
]
const MESSAGES: readonly EventType[] = ['told', 'reminded', 'escalated']

/** Makes the report of a record: pure, so it can be made again from an archived one. */
export function report(state: RunState): Report {
  const { id, runId, service, environment, reason, startedBy, phase, brokenGlass, procedure } = state
  return {
    format: 1,
    ...{ id, runId, service, environment, reason },
    ...(state.incident && { incident: state.incident }),
    ...(state.undoes && { undoes: state.undoes }),
    startedBy,
    startedAt: utc(state.startedAt),
    ...(state.endedAt && { endedAt: utc(state.endedAt) }),
    phase,
    ...(state.outcome && { outcome: state.outcome }),
    ...(state.problem && { problem: state.problem }),
    ...(state.planDigest && { planDigest: state.planDigest }),
    ...(state.alert && { alert: state.alert }),
    ...(state.runbook && { runbook: state.runbook }),
    ...(procedure !== undefined && { procedure }),
    path: (state.decision?.path ?? []).map(timed),
    ...(state.release && { release: state.release }),
    ...(state.lastDrill !== undefined && { lastDrill: state.lastDrill && timed(state.lastDrill) }),
    ...(state.traffic && { traffic: state.traffic }),
    because: state.need?.because ?? [],
    approvals: state.approvals.map(timed),
    ...(brokenGlass && { brokenGlass: timed(brokenGlass) }),
    durations: durationsOf(state),
    times: timesOf(state),
    steps: state.steps.map(reportStep),
    stillChanged: stillChanged(state),
    decisions: eventsOf(state, DECISIONS),
    messages: eventsOf(state, MESSAGES),
    checklist: (state.checklist ?? []).map(({ ticked, ...item }) => ({
      ...item,
      ...(ticked && { ticked: timed(ticked) }),
    })),
    obligations: (state.obligations ?? []).map(owed),
    timeline: state.timeline.map((event) => ({ ...timed(event), after: event.at - state.startedAt })),
  }
}

/** What this run changed and did not take back, unless that was its purpose. */
function stillChanged(state: RunState): string[] {
  if (state.outcome === 'recovered') return []
  return state.steps.filter((step) => step.begun && step.status !== 'compensated').map((step) => step.title)
}

function eventsOf({ timeline }: RunState, types: readonly EventType[]): ReportEvent[] {
  return timeline.filter(({ type }) => types.includes(type)).map(timed)
}

function owed({ due, settled, ...rest }: Obligation): ReportObligation {
  return { ...rest, due: utc(due), ...(settled && { settled: timed(settled) }) }
}

function timed<Part extends { at: number }>(part: Part): Timed<Part> {
  return { ...part, at: utc(part.at) }
}
