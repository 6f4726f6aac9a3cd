import { readable } from '../../model/duration.ts'
import type { RunState, StepState } from '../../model/run.ts'
import { checklistLines } from './asked.ts'
import { personLines } from './person.ts'
import { columns, type Line, pad, paragraph, type Span } from './span.ts'
import { OUTCOME_WORDS, PHASE_WORDS, STATUS_LOOK, statusOf, styleOf } from './words.ts'

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

/** A run as it is shown, with what only a watcher knows. */
export interface Scene {
  run: RunState
  /** Epoch milliseconds by the API's clock. */
  now: number
  /** Columns that long texts are wrapped to; Infinity where lines may be as long as they like. */
  width: number
  /** Counts redraws; turns the spinner. */
  frame: number
  /** What the running step is doing just now. */
  doing?: string | undefined
  /** Why the picture may be old: no worker answers, or the connection to the API is gone. */
  stale?: string | undefined
  /** One more line for the reader, beneath the steps. */
  aside?: string | undefined
}

/** A whole run as a tree: what and why, its steps, and what a person has to answer. Pure: same scene, same lines. */
export function treeLines(scene: Scene): Line[] {
  const { run, width } = scene
  return [
    headLine(scene),
    ...paragraph('dim', `${run.reason} (${run.startedBy.subject}${run.incident ? `, ${run.incident}` : ''})`, 2, width),
    ...(run.undoes ? [[['dim', `  takes back the rollback ${run.undoes}`] as Span]] : []),
    ...runbookLines(scene),
    ...(scene.stale ? paragraph('ask', scene.stale, 2, width) : []),
    [],
    ...stepsLines(scene),
    ...(scene.aside ? paragraph('ask', scene.aside, 2, width) : []),
    ...checklistLines(run, width),
    ...personLines(run, scene.now, width),
  ]
}

/** The runbook, the answers that led to its procedure, and what is not as it should be. */
function runbookLines({ run, width }: Scene): Line[] {
  const { runbook, procedure, decision, brokenGlass } = run
  if (!runbook) return []
  const which = procedure === undefined ? '' : `, procedure ${procedure}`
  const answers = (decision?.path ?? []).map(({ question, answer, by }) => {
    return `${question} ${answer === 'yes' ? 'Yes' : 'No'} (${by === 'evidence' ? 'evidence' : by.subject})`
  })
  return [
    ...paragraph('dim', `runbook ${runbook.name}${which}`, 2, width),
    ...answers.flatMap((answer) => paragraph('dim', answer, 4, width)),
    ...(brokenGlass
      ? paragraph(
          'ask',
          `goes on without approval: ${brokenGlass.by} broke the glass in ${brokenGlass.incident}`,
          2,
          width,
        )
      : []),
  ]
}

/** One sentence on how it stands, for the end of a command and for people who read no tree. */
export function sentence(run: RunState, now: number): string {
  const took = readable((run.endedAt ?? now) - run.startedAt)
  const name = `${run.service} in ${run.environment}`
  if (run.outcome) return `${name}: ${OUTCOME_WORDS[run.outcome]} (${took})`
  if (run.pause && run.phase !== 'parked') return `${name} is paused by ${run.pause.by} (${took})`
  return `${name} is ${PHASE_WORDS[run.phase]} (${took})`
}

function headLine({ run, now }: Scene): Line {
  const status = statusOf(run)
  const words = run.outcome ? OUTCOME_WORDS[run.outcome] : status === 'paused' ? 'paused' : PHASE_WORDS[run.phase]
  return [
    ['bold', `${run.service} in ${run.environment}`],
    ['plain', '  '],
    [styleOf(status), words],
    ['dim', `  ${readable((run.endedAt ?? now) - run.startedAt)}`],
  ]
}

function stepsLines(scene: Scene): Line[] {
  const { steps } = scene.run
  const width = Math.min(
    60,
    Math.max(0, ...steps.map((step) => columns(step.title) + (step.group === undefined ? 0 : 2))),
  )
  if (steps.length === 0) return [[['dim', '  nothing is planned yet']]]
  return steps.flatMap((step) => [stepLine(step, scene, width), ...detailLines(step, scene)])
}

function stepLine(step: StepState, { now, frame, run }: Scene, width: number): Line {
  const [symbol, style, look] = STATUS_LOOK[step.status]
  const word = step.role === 'wait' && step.status === 'applying' ? 'waits' : look
  const beside = step.group === undefined ? '' : '∥ '
  const busy = style === 'busy' && run.phase !== 'ended' && run.phase !== 'parked'
  const elapsed = step.startedAt === undefined ? '' : readable((step.endedAt ?? run.endedAt ?? now) - step.startedAt)
  return [
    [style, `  ${busy ? (SPINNER[frame % SPINNER.length] ?? symbol) : symbol} `],
    ['plain', pad(`${beside}${step.title}`, width)],
    [style, `  ${word}${step.byHand ? ' (by hand)' : ''}`],
    ['dim', `${step.attempt > 1 ? `  attempt ${step.attempt}` : ''}${elapsed ? `  ${elapsed}` : ''}`],
  ]
}

function detailLines(step: StepState, { doing, run, width }: Scene): Line[] {
  const lines: Line[] = []
  if (step.plan) lines.push(...paragraph('dim', step.plan.summary, 6, width))
  // Between two signs of life the API can only say that it runs, which the line above says already.
  const now = run.phase === 'ended' || (doing && /^[\w.]+ runs$/.test(doing)) ? undefined : doing
  if (now && STATUS_LOOK[step.status][1] === 'busy') lines.push(...paragraph('busy', `${bar(now)}${now}`, 6, width))
  if (step.until !== undefined && run.phase !== 'ended') {
    const until = `until ${new Date(step.until).toISOString().slice(11, 19)} UTC`
    const what = step.role === 'wait' ? 'waits' : `tries again, the ${step.retried ?? 1}. time by itself: waits`
    lines.push(...paragraph('busy', `${what} ${until}`, 6, width))
  }
  if (step.status === 'done' && step.verdict) lines.push(...paragraph('dim', step.verdict.evidence.summary, 6, width))
  // What stopped the run is said beneath the steps.
  const below = run.parked?.stepId === step.id || run.problem?.message === step.problem?.message
  if (step.problem && !below && step.status !== 'done')
    lines.push(...paragraph('bad', `${step.problem.code}: ${step.problem.message}`, 6, width))
  return lines
}

/** A bar for texts that count (`2 of 3 pods are ready`, `steady for 4 s of 10 s`); nothing for others. */
function bar(text: string): string {
  const held = /held for (.{1,40}?) of (\d+(?:ms|s|m|h|d))/.exec(text)
  const counted = /(\d+) of (\d+)/.exec(text)
  const [done, all] = held ? [span(held[1]), span(held[2])] : [Number(counted?.[1]), Number(counted?.[2])]
  if (!(all > 0)) return ''
  const filled = Math.round(Math.min(1, done / all) * 12)
  return `${'█'.repeat(filled)}${'░'.repeat(12 - filled)} `
}

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a written span: `4.2 s`, `1 min 5 s`, `10s`. */
function span(text: string | undefined): number {
  const parts = [...(text ?? '').matchAll(/(\d+(?:\.\d+)?) ?(ms|min|s|m|h|d)/g)]
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0), 0)
}
