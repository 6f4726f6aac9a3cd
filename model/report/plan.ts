import { lastDrillText } from '../drill/result.ts'
import { readable } from '../duration.ts'
import type { DryRun, StepState } from '../run.ts'
import { safe, table } from './text.ts'

/** A plan as Markdown, for a ticket or a pull request: what people approve, and beside it how long it takes. */
export function planMarkdown(
  planned: DryRun,
  { service, environment }: Record<'service' | 'environment', string>,
): string {
  const parts = [
    `# Plan for ${safe(service)} in ${safe(environment)}`,
    ...pathOf(planned),
    ...planned.steps.map((step, index) => stepText(step, index + 1)),
    ...(planned.traffic === undefined ? [] : [`Traffic: ${safe(planned.traffic)}.`]),
    ...(planned.lastDrill === undefined ? [] : [`${lastDrillText(planned.lastDrill)}.`]),
    ...needOf(planned),
    ...expectedOf(planned),
    ...(planned.digest ? [`Digest \`${planned.digest}\``] : []),
  ]
  return `${parts.join('\n\n')}\n`
}

function pathOf({ decision, procedure, stop }: DryRun): string[] {
  const answers = (decision?.path ?? []).map(({ question, answer, by }) => {
    return `- ${safe(question)} **${answer}** (${by === 'evidence' ? by : safe(by.subject)})`
  })
  const asking = decision?.asking
  return [
    ...(answers.length > 0 ? [answers.join('\n')] : []),
    ...(procedure === undefined ? [] : [`Procedure ${safe(procedure)}`]),
    ...(stop === undefined ? [] : [`Nothing is rolled back: ${safe(stop)}`]),
    ...(asking ? [`A person has to answer: ${safe(asking.question)}`] : []),
  ]
}

function stepText({ title, plan, role, group }: StepState, number: number): string {
  const beside = group === undefined ? '' : `, together with the others of group ${group}`
  const head = `## ${number}. ${safe(title)}`
  if (!plan) return `${head}\n\n${role ?? 'not planned yet'}${beside}`
  const { summary, release, changes, lost = [], impact = [], warnings, reversible } = plan
  const rows = changes.map(({ path, from, to }) => [safe(path), safe(from ?? ''), safe(to ?? '')])
  const notes = [
    ...(release === undefined ? [] : [`Release: ${safe(release)}`]),
    ...lost.map((what) => `Lost: ${safe(what)}`),
    ...impact.map((what) => `Meanwhile: ${safe(what)}`),
    ...warnings.map(({ code, message, confirm }) => {
      return `**${code}**${confirm ? ' (has to be accepted)' : ''}: ${safe(message)}`
    }),
    reversible === true ? 'Can be taken back' : `**Can't be taken back**: ${safe(reversible.because)}`,
  ]
  return [
    head,
    `${safe(summary)}${beside}`,
    ...(rows.length > 0 ? [table(['What', 'From', 'To'], rows)] : []),
    notes.map((note) => `- ${note}`).join('\n'),
  ].join('\n\n')
}

function needOf({ need, digest }: DryRun): string[] {
  if (!digest) return []
  if (!need) return ['Needs no approval.']
  const rules = need.rules.map(({ min, groups, expires }) => {
    const who = groups.length > 0 ? ` from ${groups.map(safe).join(' or ')}` : ''
    return `- ${min} ${min === 1 ? 'approval' : 'approvals'}${who}, within ${readable(expires)}`
  })
  return ['Needs:', [...rules, ...need.because.map((reason) => `- because: ${safe(reason)}`)].join('\n')]
}

function expectedOf({ expected }: DryRun): string[] {
  if (!expected) return []
  const { least, most, people } = expected
  const besides = people === 0 ? '' : `, besides ${people === 1 ? 'one step' : `${people} steps`} of people`
  return [`Takes ${least > 0 ? `at least ${readable(least)} and ` : ''}at most ${readable(most)}${besides}.`]
}
