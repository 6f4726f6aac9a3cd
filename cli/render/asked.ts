import { readable } from '../../model/duration.ts'
import { missing } from '../../model/policy.ts'
import { asking } from '../../model/runbook/asking.ts'
import { openItems } from '../../model/runbook/checklist.ts'
import type { RunState, StepState } from '../../model/run.ts'
import { type Line, paragraph } from './span.ts'
import { commandFor } from './words.ts'

/** The questions, approvals in mid-run and ticks that the run waits for, each with the command that answers it. */
export function askedLines(run: RunState, now: number, width: number): Line[] {
  const approvals = run.steps.filter((step) => step.asking?.what === 'approve')
  return [
    ...questionLines(run, width),
    ...approvals.flatMap((step) => approvalLines(run, step, now, width)),
    ...(run.phase === 'closing' ? closingLines(run, width) : []),
  ]
}

/** The whole checklist: what is ticked, by what, and what is not. */
export function checklistLines({ checklist = [] }: RunState, width: number): Line[] {
  if (checklist.length === 0) return []
  return [
    [],
    [['bold', '  Checklist']],
    ...checklist.flatMap(({ id, text, ticked, required }): Line[] => {
      const by = ticked ? ` (${ticked.by}${ticked.note ? `: ${ticked.note}` : ''})` : ` [${id}]`
      const [mark, style] = ticked
        ? (['✓', 'good'] as const)
        : required
          ? (['○', 'ask'] as const)
          : (['○', 'dim'] as const)
      return paragraph(style, `${mark} ${text}${by}`, 4, width)
    }),
  ]
}

function questionLines(run: RunState, width: number): Line[] {
  const open = asking(run)
  return open.flatMap(({ id, question, because }): Line[] => {
    const which = open.length > 1 ? ` --question ${id}` : ''
    const [command, place] = commandFor('answer', run).split(' -e ')
    const given = (answer: string): Line => [['bold', `    ${command} ${answer} -e ${place}${which}`]]
    return [
      [],
      ...paragraph('ask', question, 2, width),
      ...(because ? paragraph('dim', `because ${because}`, 4, width) : []),
      given('yes'),
      given('no'),
    ]
  })
}

function approvalLines(run: RunState, step: StepState, now: number, width: number): Line[] {
  const { asking: asked, id } = step
  if (!asked?.need) return []
  const { need, since, question } = asked
  const given = run.approvals.filter(
    ({ stepId, planDigest, at }) => stepId === id && planDigest === run.planDigest && at >= since,
  )
  const open = missing(need, run.startedBy.subject, given)
  const groups = [...new Set(need.rules.flatMap((rule) => rule.groups))]
  const left = since + Math.min(...need.rules.map((rule) => rule.expires)) - now
  const from = groups.length > 0 ? ` from ${groups.join(' or ')}` : ''
  const count = `${open} ${open === 1 ? 'approval' : 'approvals'}${from}, open for ${readable(Math.max(0, left))}`
  return [
    [],
    ...paragraph('ask', `${question} (${id} waits for ${count})`, 2, width),
    [['bold', `    ${commandFor('approve', run)} --step ${id}`]],
    [['bold', `    ${commandFor('reject', run)} --step ${id}`]],
  ]
}

function closingLines(run: RunState, width: number): Line[] {
  const [command, place] = commandFor('tick', run).split(' -e ')
  return [
    [],
    [['ask', '  All steps are done. Still to be ticked:']],
    ...openItems(run).flatMap(({ id, text }): Line[] => [
      ...paragraph('plain', text, 4, width),
      [['bold', `      ${command} ${id} -e ${place}`]],
    ]),
  ]
}
