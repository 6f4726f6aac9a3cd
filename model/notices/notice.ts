import { headline } from '../details.ts'
import { readable } from '../duration.ts'
import { type Report, report } from '../report/report.ts'
import type { RunState } from '../run.ts'
import { asking } from '../runbook/asking.ts'
import { redact } from './redact.ts'

/** A run as people are shown it, wherever: rendered once from its record, so that told again it says the same. */
export interface Notice {
  /** The rollback's identity: one message, one ticket, one annotation per run. */
  run: string
  /** What kind of moment it is, for channels with states of their own. */
  stage: 'deciding' | 'waiting' | 'changing' | 'checking' | 'recovered' | 'over'
  title: string
  headline: string
  /** Epoch milliseconds. */
  startedAt: number
  endedAt?: number
  facts: (readonly [name: string, value: string])[]
  steps: string[]
  /** What a person is needed for; its id is another one for every need, and stays the same while it is open. */
  need?: { id: string; text: string; approval?: { planDigest: string; stepId?: string } }
  claimedBy?: string
  /** What templates may name, beside what the message itself says. */
  words: Record<string, string>
  /** Where the run is seen, and its ticket. */
  url?: string
  ticket?: string
  /** When people hear of it again at the latest. Epoch milliseconds. */
  next?: number
  /** Of a ticket that is opened or closed: all there is to write into it. */
  report?: Report
}

/** What the record itself doesn't hold. */
export interface Around {
  url?: string | undefined
  ticket?: string | undefined
  next?: number | undefined
  now: number
  report?: boolean
}

const STEPS_LIMIT = 20
const TEXT_LIMIT = 300

/** The run at this moment, without secrets and e-mail addresses. */
export function notice(state: RunState, around: Around): Notice {
  const { runId, service, environment, startedAt, endedAt, claimedBy } = state
  const { url, ticket, next, now } = around
  const need = needOf(state)
  const facts = factsOf(state, around)
  return {
    run: runId,
    stage: stageOf(state),
    title: `${state.drill ? 'Drill' : 'Rollback'} of ${service} in ${environment}: ${(state.outcome ?? state.phase).replaceAll('-', ' ')}`,
    headline: clean(headline(state)),
    startedAt,
    ...(endedAt !== undefined && { endedAt }),
    facts,
    steps: state.steps
      .slice(0, STEPS_LIMIT)
      .map(({ id, title, status, plan }) => clean(`${id}: ${title}: ${status}${plan ? ` (${plan.summary})` : ''}`)),
    ...(need && { need }),
    ...(claimedBy !== undefined && { claimedBy: clean(claimedBy) }),
    words: wordsOf(state, around),
    ...(url && { url }),
    ...(ticket && { ticket }),
    ...(next !== undefined && next > now && !state.outcome && { next }),
    ...(around.report && { report: redacted(report(state)) }),
  }
}

/** One line of text, as a message may carry it. */
export function clean(text: string): string {
  const line = redact(text).replaceAll(/\s+/g, ' ').trim()
  return line.length > TEXT_LIMIT ? `${line.slice(0, TEXT_LIMIT - 1)}…` : line
}

function stageOf({ outcome, phase, steps }: RunState): Notice['stage'] {
  if (outcome) return outcome === 'recovered' ? 'recovered' : 'over'
  if (phase === 'deciding' || phase === 'planning') return 'deciding'
  if (phase === 'awaiting-approval' || phase === 'parked') return 'waiting'
  const changes = steps.filter(({ role }) => (role ?? 'change') === 'change')
  return changes.length > 0 && changes.every(({ status }) => status === 'done' || status === 'skipped')
    ? 'checking'
    : 'changing'
}

function factsOf(state: RunState, { ticket, next, now }: Around): Notice['facts'] {
  const { reason, startedBy, incident, alert, approvals, claimedBy, planDigest, runbook, outcome } = state
  const [from, to] = versions(state)
  const rows: [string, string | undefined][] = [
    ['Why', reason],
    ['Asked by', startedBy.subject],
    ['Incident', incident],
    ['Alert', alert && [alert.labels['alertname'], alert.startsAt].filter(Boolean).join(', since ')],
    ['From', from],
    ['To', to],
    ['Runbook', runbook && `${runbook.name} ${runbook.revision.slice(0, 12)}`],
    ['Plan', planDigest?.slice(0, 12)],
    ['Approved by', approvals.map(({ actor }) => actor.subject).join(', ') || undefined],
    ['Driven by', claimedBy],
    ['Ticket', ticket],
    ['So far', readable((state.endedAt ?? now) - state.startedAt)],
    ['Next update', next !== undefined && next > now && !outcome ? clock(next) : undefined],
  ]
  return rows.flatMap(([name, value]) => (value ? [[name, clean(value)] as const] : []))
}

function versions({ steps, release }: RunState): [string | undefined, string | undefined] {
  const planned = steps.find(({ plan }) => plan)?.plan
  return [release?.version, planned?.release ?? planned?.summary]
}

function wordsOf(state: RunState, { url, ticket, next, now }: Around): Record<string, string> {
  const [from, to] = versions(state)
  const words = {
    headline: headline(state),
    ...{ reason: state.reason, incident: state.incident, phase: state.phase, outcome: state.outcome },
    ...{ from, to, claimed: state.claimedBy, url, ticket },
    next: next === undefined ? undefined : clock(next),
    elapsed: readable((state.endedAt ?? now) - state.startedAt),
  }
  return Object.fromEntries(Object.entries(words).flatMap(([name, value]) => (value ? [[name, clean(value)]] : [])))
}

/** A person is needed while the run waits for one. The id counts the times, so that an alert is never opened twice. */
function needOf(state: RunState): Notice['need'] {
  if (state.outcome) return undefined
  const { parked, need, planDigest, phase } = state
  if (parked) return { id: `parked/${parked.stepId}/${parked.attempt}`, text: clean(headline(state)) }
  if (phase === 'awaiting-approval' && need && planDigest) {
    const text = clean(`Waits for an approval: ${need.because.join('; ')}`)
    return { id: `approval/${state.needSince ?? 0}`, text, approval: { planDigest } }
  }
  const step = state.steps.find(({ asking: asked }) => asked?.what === 'approve')
  if (step?.asking && planDigest)
    return {
      id: `approve/${step.id}/${step.attempt}`,
      text: clean(step.asking.question),
      approval: { planDigest, stepId: step.id },
    }
  const [open] = asking(state)
  if (open) return { id: `question/${open.id}/${open.attempt}`, text: clean(open.question) }
  return phase === 'closing' ? { id: 'closing', text: 'The checklist has still to be ticked' } : undefined
}

function clock(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** A report holds text of people and systems everywhere; each text in it is redacted. */
function redacted<Value>(value: Value): Value {
  if (typeof value === 'string') return redact(value) as Value
  if (Array.isArray(value)) return value.map(redacted) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item)])) as Value
}
