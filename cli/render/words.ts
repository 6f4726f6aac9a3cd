import type { Choice, Outcome, Phase, RunState, StepStatus } from '../../model/run.ts'
import type { Style } from './span.ts'

/** How a phase reads in a sentence about the service: `checkout in production is …`. */
export const PHASE_WORDS: Record<Phase, string> = {
  deciding: 'being decided',
  planning: 'being planned',
  'awaiting-approval': 'waiting for an approval',
  running: 'rolling back',
  parked: 'waiting for a person',
  compensating: 'being taken back',
  closing: 'done but for its checklist',
  ended: 'ended',
}

export const OUTCOME_WORDS: Record<Outcome, string> = {
  recovered: 'recovered',
  compensated: 'taken back: everything is as it was before the rollback',
  aborted: 'aborted',
  rejected: 'rejected: nothing was changed',
  expired: 'expired without an approval: nothing was changed',
  'not-applicable': 'not applicable: nothing was changed',
}

/** Symbol, style and word of a step's status. The symbol is never the only sign: the word stands beside it. */
export const STATUS_LOOK: Record<StepStatus, readonly [symbol: string, style: Style, word: string]> = {
  waiting: ['·', 'dim', 'waiting'],
  planned: ['·', 'plain', 'planned'],
  applying: ['*', 'busy', 'applying'],
  verifying: ['*', 'busy', 'verifying'],
  done: ['✓', 'good', 'done'],
  skipped: ['-', 'ask', 'skipped'],
  parked: ['!', 'ask', 'waits for a person'],
  asking: ['?', 'ask', 'asks a person'],
  compensating: ['*', 'busy', 'taking back'],
  compensated: ['↩', 'ask', 'taken back'],
}

/** One word or phrase for where a run is: its outcome when it has one, `paused` where it was stopped by hand. */
export function statusOf(run: Pick<RunState, 'phase' | 'outcome' | 'pause'>): string {
  return run.outcome ?? (run.pause && run.phase !== 'parked' ? 'paused' : run.phase)
}

/** The colour that goes with `statusOf`. */
export function styleOf(status: string): Style {
  if (status === 'recovered') return 'good'
  if (status === 'running' || status === 'planning' || status === 'deciding' || status === 'compensating') return 'busy'
  return status === 'not-applicable' || status === 'aborted' ? 'bad' : 'ask'
}

/** What to type to answer a run; its names are of a narrow pattern, so that nothing has to be quoted. */
export function commandFor(
  command: Choice | 'approve' | 'reject' | 'answer' | 'tick' | 'watch' | 'resume' | 'report' | 'undo',
  { service, environment }: Pick<RunState, 'service' | 'environment'>,
): string {
  const why = command === 'abort' || command === 'undo' ? ' --reason "…"' : ''
  return `unwind ${command} ${service} -e ${environment}${why}`
}
