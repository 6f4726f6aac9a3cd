import type { EventType, TimelineEvent } from '../../model/run.ts'
import type { Line, Style } from './span.ts'

const STYLES: Partial<Record<EventType, Style>> = {
  'step-verified': 'good',
  parked: 'ask',
  'step-failed': 'ask',
  'approval-needed': 'ask',
  question: 'ask',
  closing: 'ask',
  escalated: 'ask',
  overdue: 'ask',
  'broken-glass': 'bad',
  'step-done': 'good',
  'plan-stale': 'ask',
  aborted: 'bad',
  rejected: 'bad',
  expired: 'bad',
}

/** One line for one thing that happened, for logs and pipes: time of day in UTC, step, text, and who did it. */
export function eventLine(event: TimelineEvent): Line {
  const time = new Date(event.at).toISOString().slice(11, 19)
  const by = event.actor ? `  (${event.actor}${event.verified === false ? ', unverified' : ''})` : ''
  return [
    ['dim', `${time}  `],
    ...(event.stepId ? [['dim', `${event.stepId}  `] as const] : []),
    [STYLES[event.type] ?? 'plain', event.text],
    ['dim', by],
  ]
}
