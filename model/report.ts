import { readable } from './duration.ts'
import type { Problem } from './errors.ts'
import type { Actor, Approval } from './policy.ts'
import type { Outcome, Phase, RunState, StepStatus, TimelineEvent } from './run.ts'
import type { Change, Evidence, Warning } from './target.ts'

/** What is handed over afterwards. The same record gives the same report, byte for byte. */
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
  approvals: (Omit<Approval, 'at'> & { at: string })[]
  /** Milliseconds from the start; absent while it has not happened. */
  durations: { planned?: number; mitigated?: number; total?: number }
  steps: ReportStep[]
  stillChanged: string[]
  timeline: (Omit<TimelineEvent, 'at'> & { at: string })[]
}

interface ReportStep {
  id: string
  kind: string
  title: string
  connection: string
  status: StepStatus
  summary?: string
  changes: Change[]
  warnings: Warning[]
  from?: unknown
  to?: unknown
  verdict?: { status: string; evidence: Evidence }
  problem?: Problem
  durationMs?: number
}

/** Makes the report of a record: pure, so it can be made again from an archived one. */
export function report(state: RunState): Report {
  const { id, runId, service, environment, reason, startedBy, phase } = state
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
    approvals: state.approvals.map((approval) => ({ ...approval, at: utc(approval.at) })),
    durations: durations(state),
    steps: state.steps.map(reportStep),
    stillChanged: stillChanged(state),
    timeline: state.timeline.map((event) => ({ ...event, at: utc(event.at) })),
  }
}

/** What this run changed and did not take back, unless that was its purpose. */
function stillChanged(state: RunState): string[] {
  if (state.outcome === 'recovered') return []
  return state.steps.filter((step) => step.begun && step.status !== 'compensated').map((step) => step.title)
}

function durations(state: RunState): Report['durations'] {
  const applied = state.timeline.filter((event) => event.type === 'step-applied').at(-1)
  return {
    ...(state.plannedAt && { planned: state.plannedAt - state.startedAt }),
    ...(applied && { mitigated: applied.at - state.startedAt }),
    ...(state.endedAt && { total: state.endedAt - state.startedAt }),
  }
}

function reportStep(step: RunState['steps'][number]): ReportStep {
  const { id, kind, title, connection, status, plan } = step
  return {
    ...{ id, kind, title, connection, status },
    ...(plan && { summary: plan.summary, from: plan.from, to: plan.to }),
    changes: plan?.changes ?? [],
    warnings: plan?.warnings ?? [],
    ...(step.verdict && { verdict: step.verdict }),
    ...(step.problem && { problem: step.problem }),
    ...(step.startedAt && step.endedAt && { durationMs: step.endedAt - step.startedAt }),
  }
}

/** The report as Markdown. Text of people and systems is escaped, so that it can't forge a heading or a link. */
export function markdown(report: Report): string {
  const sections = [
    heading(report),
    facts(report),
    stepSection(report),
    approvalSection(report),
    timelineSection(report),
  ]
  return `${sections.filter(Boolean).join('\n\n')}\n`
}

function heading({ service, environment, outcome, phase, problem }: Report): string {
  const cause = problem ? `\n\n${problem.code}: ${safe(problem.message)}` : ''
  return `# Rollback of ${service} in ${environment}: ${outcome ?? phase}${cause}`
}

function facts(report: Report): string {
  const { durations, startedBy, incident, undoes } = report
  const rows: [string, string | undefined][] = [
    ['Why', safe(report.reason)],
    ['Who', safe(startedBy.subject)],
    ['Incident', incident && safe(incident)],
    ['Takes back run', undoes],
    ['Started', report.startedAt],
    ['Ended', report.endedAt],
    ['Time to plan', durations.planned === undefined ? undefined : readable(durations.planned)],
    ['Time until applied', durations.mitigated === undefined ? undefined : readable(durations.mitigated)],
    ['Time in all', durations.total === undefined ? undefined : readable(durations.total)],
    ['Plan', report.planDigest && `\`${report.planDigest}\``],
    ['Run', `\`${report.runId}\``],
    ['Stays changed', report.stillChanged.length > 0 ? safe(report.stillChanged.join(', ')) : undefined],
  ]
  return ['| | |', '| --- | --- |', ...rows.flatMap(([key, value]) => (value ? [`| ${key} | ${value} |`] : []))].join(
    '\n',
  )
}

function stepSection({ steps }: Report): string {
  return ['## Steps', ...steps.map(stepText)].join('\n\n')
}

function stepText(step: ReportStep): string {
  const time = step.durationMs === undefined ? '' : ` in ${readable(step.durationMs)}`
  const lines = [
    `### ${step.id}: ${safe(step.title)}`,
    '',
    `${step.status}${time}${step.summary ? `. ${safe(step.summary)}` : ''}`,
  ]
  if (step.changes.length > 0) lines.push('', '| What | From | To |', '| --- | --- | --- |')
  for (const { path, from, to } of step.changes)
    lines.push(`| ${safe(path)} | ${safe(from ?? '')} | ${safe(to ?? '')} |`)
  if (step.warnings.length > 0) lines.push('')
  for (const { code, message } of step.warnings) lines.push(`- ${code}: ${safe(message)}`)
  if (step.verdict) lines.push('', `Verified: ${step.verdict.status}. ${safe(step.verdict.evidence.summary)}`)
  if (step.problem) lines.push('', `Problem: ${step.problem.code}: ${safe(step.problem.message)}`)
  return lines.join('\n')
}

function approvalSection({ approvals }: Report): string {
  if (approvals.length === 0) return ''
  const rows = approvals.map(({ actor, at, note }) => `- ${at} ${safe(actor.subject)}${note ? `: ${safe(note)}` : ''}`)
  return ['## Approvals', '', ...rows].join('\n')
}

function timelineSection({ timeline }: Report): string {
  const rows = timeline.map(({ at, text, actor, verified }) => {
    const who = actor ? ` (${safe(actor)}${verified === false ? ', unverified' : ''})` : ''
    return `| ${at} | ${safe(text)}${who} |`
  })
  return ['## Timeline', '', '| UTC | What happened |', '| --- | --- |', ...rows].join('\n')
}

function utc(at: number): string {
  return new Date(at).toISOString()
}

function safe(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|~!]/g, (character) => `\\${character}`).replaceAll(/\s+/g, ' ')
}
