import { readable } from '../duration.ts'
import { CHECKLIST_PHASES } from '../runbook/compiled.ts'
import type { Report } from './report.ts'
import { phrase, safe, table } from './text.ts'

/** Parts of a report as Markdown without a heading; the empty text where there is nothing to say. */
export const sections = {
  facts,
  times,
  path,
  steps,
  decisions,
  approvals,
  checklist,
  obligations,
  messages,
  timeline,
} as const satisfies Record<string, (report: Report) => string>

function facts(report: Report): string {
  const { startedBy, incident, undoes, runbook, procedure, alert, brokenGlass, release } = report
  const drilled = report.lastDrill
  const lastDrill = drilled === null ? 'never' : drilled && `${drilled.at}, ${readable(drilled.took)}`
  const rows: [string, string | undefined][] = [
    ['Why', safe(report.reason)],
    ['Who', safe(startedBy.subject)],
    ['Incident', incident && safe(incident)],
    ['Alert', alert && `${safe(alert.startsAt)} ${phrase(alert.labels)}`.trim()],
    ['Takes back run', undoes && safe(undoes)],
    [
      'Runbook',
      runbook && `${safe(runbook.name)}, revision \`${runbook.revision.slice(0, 12)}\`, from ${safe(runbook.source)}`,
    ],
    ['Procedure', procedure === undefined ? undefined : safe(procedure)],
    ['Release that was left', release && phrase({ ...release })],
    ['Last successful restore drill', lastDrill],
    ['Traffic', report.traffic && safe(report.traffic)],
    ['Started', report.startedAt],
    ['Ended', report.endedAt],
    ['Plan', report.planDigest && `\`${report.planDigest}\``],
    ['Run', `\`${safe(report.runId)}\``],
    [
      'Without approval',
      brokenGlass && `${safe(brokenGlass.by)} at ${brokenGlass.at}, in ${safe(brokenGlass.incident)}`,
    ],
    ['Stays changed', report.stillChanged.length > 0 ? safe(report.stillChanged.join(', ')) : undefined],
  ]
  return table(
    ['', ''],
    rows.flatMap(([key, value]) => (value ? [[key, value]] : [])),
  )
}

function times({ durations, times: { from, since, decide, mitigate, recover } }: Report): string {
  const origin = from === 'alert' ? 'since the alert' : 'since the start'
  const rows: [string, number | undefined][] = [
    [`Time to decide, ${origin} (${since})`, decide],
    [`Time to mitigate, ${origin}`, mitigate],
    [`Time to recover, ${origin}`, recover],
    ['Time to plan, since the start', durations.planned],
    ['Time in all, since the start', durations.total],
  ]
  return table(
    ['', ''],
    rows.map(([key, value]) => [key, value === undefined ? 'not reached' : readable(value)]),
  )
}

function path({ path: answers }: Report): string {
  return answers
    .map(({ question, answer, by, at, expression, inputs, note }, index) => {
      const who = by === 'evidence' ? 'by evidence' : `by ${safe(by.subject)}`
      const lines = [`${index + 1}. ${safe(question)} **${answer}**, ${who}, ${at}${note ? `: ${safe(note)}` : ''}`]
      if (expression) lines.push(`   - evidence: ${safe(expression)}`)
      if (inputs && Object.keys(inputs).length > 0) lines.push(`   - from: ${phrase(inputs)}`)
      return lines.join('\n')
    })
    .join('\n')
}

function steps(report: Report): string {
  return report.steps.map(stepText).join('\n\n')
}

function stepText(step: Report['steps'][number]): string {
  const time = step.durationMs === undefined ? '' : ` in ${readable(step.durationMs)}`
  const hand = step.byHand ? ', by hand' : ''
  const lines = [
    `### ${safe(step.id)}: ${safe(step.title)}`,
    '',
    `${step.status}${hand}${time}${step.summary ? `. ${safe(step.summary)}` : ''}`,
  ]
  const rows = step.changes.map(({ path: what, from, to }) => [safe(what), safe(from ?? ''), safe(to ?? '')])
  if (rows.length > 0) lines.push('', table(['What', 'From', 'To'], rows))
  const notes = [
    ...step.warnings.map(({ code, message }) => `${code}: ${safe(message)}`),
    ...(step.irreversible === undefined ? [] : [`Can't be taken back: ${safe(step.irreversible)}`]),
    ...step.lost.map((what) => `Lost: ${safe(what)}`),
    ...step.impact.map((what) => `Meanwhile: ${safe(what)}`),
    ...(step.inputs ? [`Condition from: ${phrase(step.inputs)}`] : []),
    ...(step.corrected ? [`Corrected: ${phrase(step.corrected)}`] : []),
    ...(step.retried ? [`Attempts by itself: ${step.retried}`] : []),
  ]
  if (notes.length > 0) lines.push('', ...notes.map((note) => `- ${note}`))
  if (step.verdict) lines.push('', `Verified: ${step.verdict.status}. ${safe(step.verdict.evidence.summary)}`)
  if (step.samples.length > 0) lines.push('', ...step.samples.map(({ summary }) => `- ${safe(summary)}`))
  if (step.problem) lines.push('', `Problem: ${step.problem.code}: ${safe(step.problem.message)}`)
  return lines.join('\n')
}

function decisions(report: Report): string {
  return report.decisions.map(eventLine).join('\n')
}

function messages(report: Report): string {
  return report.messages.map(eventLine).join('\n')
}

function eventLine({ at, text, actor, stepId, verified }: Report['decisions'][number]): string {
  const about = stepId ? ` (${safe(stepId)})` : ''
  return `- ${at} ${who(actor, verified)}${safe(text)}${about}`
}

function approvals(report: Report): string {
  const because = report.because.map((reason) => `- needed because: ${safe(reason)}`)
  const given = report.approvals.map(({ actor, at, note, stepId }) => {
    const about = stepId ? `, step ${safe(stepId)}` : ''
    return `- ${at} ${safe(actor.subject)}${about}${note ? `: ${safe(note)}` : ''}`
  })
  const glass = report.brokenGlass
  const broken = glass ? [`- ${glass.at} **without approval**: ${safe(glass.by)}, in ${safe(glass.incident)}`] : []
  return [...because, ...given, ...broken].join('\n')
}

function checklist(report: Report): string {
  const order = (phase: string) => CHECKLIST_PHASES.findIndex((known) => known === phase)
  return report.checklist
    .toSorted((a, b) => order(a.phase) - order(b.phase))
    .map(({ phase, text, required, ticked }) => {
      const by = ticked ? ` (${safe(ticked.by)}, ${ticked.at}${ticked.note ? `: ${safe(ticked.note)}` : ''})` : ''
      return `- [${ticked ? 'x' : ' '}] ${phase}: ${safe(text)}${required ? ', required' : ''}${by}`
    })
    .join('\n')
}

function obligations(report: Report): string {
  return report.obligations
    .map(({ text, owner, due, settled }) => {
      const done = settled ? `settled by ${safe(settled.by)}, ${settled.at}` : `due ${due}`
      return `- [${settled ? 'x' : ' '}] ${safe(text)} (${safe(owner)}, ${done})`
    })
    .join('\n')
}

function timeline(report: Report): string {
  const rows = report.timeline.map(({ at, after, text, actor, verified }) => [
    at,
    `+${readable(after)}`,
    `${who(actor, verified)}${safe(text)}`,
  ])
  return table(['UTC', 'After', 'What happened'], rows)
}

function who(actor: string | undefined, verified: boolean | undefined): string {
  return actor ? `${safe(actor)}${verified === false ? ' (unverified)' : ''}: ` : ''
}
