import type { Branch, ChecklistItem } from '../../model/runbook/compiled.ts'
import { readable } from '../../model/duration.ts'
import { rolloutOf, workloadsOf } from './kubernetes.ts'
import { block, inline } from './markdown.ts'
import { sentence } from './parts.ts'
import type { Part, Playbook, Surroundings } from './playbook.ts'
import { quoteTemplate } from './quote.ts'

/** The runbook as a Markdown checklist: every question, step, check and item as one box to tick, in their order. */
export function checklistOf(playbook: Playbook, surroundings: Surroundings): { text: string; remarks: string[] } {
  const { name, service, environment, description, owner, revision, contacts, communicate } = playbook
  const items = (...phases: ChecklistItem['phase'][]) =>
    playbook.checklist.filter(({ phase }) => phases.includes(phase))
  const people = Object.entries(contacts).map(([role, who]) => `- ${inline(role)}: ${inline(who)}`)
  const lines = [
    `# Rollback of ${inline(service)}${environment === undefined ? '' : ` in ${inline(environment)}`}`,
    '',
    ...(description === undefined ? [] : [inline(description), '']),
    `Runbook ${inline(name)}${owner === undefined ? '' : ` of ${inline(owner)}`}${revision === undefined ? '' : `, revision ${revision.slice(0, 12)}`}.`,
    '',
    ...section('Contacts', people),
    ...section('Before', [...told('that it begins', communicate.started), ...items('before').map(itemLine)]),
    ...section('Approval', playbook.approvals.map(approvalLine)),
    ...section('Decide', playbook.questions.map(questionLine)),
    ...playbook.procedures.flatMap((procedure) =>
      section(
        playbook.procedures.length > 1 ? `Procedure ${inline(procedure.name)}` : 'Steps',
        procedure.parts.flatMap((part) => partLines(part, surroundings)),
      ),
    ),
    ...section('While it runs', items('during').map(itemLine)),
    ...section('After', items('after').map(itemLine)),
    ...section('Communication', [
      ...items('communication').map(itemLine),
      ...told('how it ended', communicate.finished),
      ...ticket(communicate.ticket),
    ]),
  ]
  return {
    text: `${lines
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trimEnd()}\n`,
    remarks: [],
  }
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [`## ${title}`, '', ...lines, ''] : []
}

function box(text: string): string {
  return `- [ ] ${text}`
}

function itemLine({ text, required }: ChecklistItem): string {
  return box(`${inline(text)}${required ? ' (required)' : ''}`)
}

function approvalLine({ min, groups, when }: Playbook['approvals'][number]): string {
  const who = groups.length > 0 ? ` of ${groups.map(inline).join(', ')}` : ''
  return box(
    `${min} ${min === 1 ? 'person' : 'people'}${who} approved${when === undefined ? '' : ` (when \`${when.replaceAll('`', "'")}\`)`}`,
  )
}

function questionLine({ question, onYes, onNo, evidence }: Playbook['questions'][number]): string {
  const because = evidence === undefined ? '' : ` (Unwind asks \`${evidence.replaceAll('`', "'")}\`)`
  return box(`${inline(question)}${because} Yes: ${branch(onYes)}. No: ${branch(onNo)}.`)
}

function branch(to: Branch): string {
  if ('ask' in to) return `go on with the question ${inline(to.ask)}`
  return 'run' in to ? `carry out ${inline(to.run)}` : `stop: ${inline(to.stop).replace(/\.$/, '')}`
}

function told(what: string, channels: readonly string[] | undefined): string[] {
  return channels && channels.length > 0 ? [box(`Tell ${channels.map(inline).join(', ')} ${what}`)] : []
}

function ticket(channels: readonly string[] | undefined): string[] {
  return channels && channels.length > 0
    ? [box(`Open a ticket for the post-mortem: ${channels.map(inline).join(', ')}`)]
    : []
}

function partLines(part: Part, surroundings: Surroundings): string[] {
  const when = part.when === undefined ? '' : ` Only if \`${part.when.replaceAll('`', "'")}\`.`
  const optional = part.optional ? ' (may be skipped)' : ''
  return [box(`${inline(part.title)}${optional}.${when}`), ...detail(part, surroundings)]
}

function detail(part: Part, surroundings: Surroundings): string[] {
  const rollouts = workloadsOf(part)
  if (rollouts.length > 0)
    return block(
      'sh',
      rollouts.flatMap((one) => commands(one, surroundings)),
      '  ',
    )
  if (!part.check) return []
  const { every, within, consecutive, measurements } = part.check
  const how = `Look every ${readable(every)}, ${consecutive} times in a row, within ${readable(within)}:`
  return [`  ${how}`, ...measurements.map((one) => `  - [ ] ${inline(sentence(one))}`)]
}

/** The same commands as the script's, with what a person fills in as `<name>`. */
function commands(part: Part, { exact }: Surroundings): string[] {
  const word = (text: string) => quoteTemplate(text, (name) => name)
  const { apply, choose, verify } = rolloutOf(part, exact?.[part.id], {
    word,
    context: () => [],
    revision: '<revision>',
  })
  const list = choose
    ? [choose.list.slice(0, -2), ['rollout', 'history', word(String(part.fields['workload']))]].flat()
    : []
  return [...(choose ? [list] : []), ...apply, verify].map((words) => words.join(' '))
}
