import { lastDrillText } from './drill/result.ts'
import { readable } from './duration.ts'
import type { RunState, StepState } from './run.ts'
import { asking } from './runbook/asking.ts'
import type { TickedItem } from './runbook/progress.ts'

const MARKS: Record<StepState['status'], string> = {
  waiting: '○',
  planned: '○',
  applying: '▶',
  verifying: '▶',
  done: '✔',
  skipped: '–',
  parked: '✖',
  asking: '?',
  compensating: '◀',
  compensated: '↩',
}

/** The run as the Temporal UI shows it: Markdown, where it stands, each step, and the safe next moves to paste. */
export function details(state: RunState): string {
  const lines = [`**${headline(state)}**`, '', state.reason, '', ...state.steps.map(stepLine)]
  if (state.runbook) lines.splice(3, 0, '', ...runbookLines(state))
  const asked = asking(state)
  if (asked.length > 0) lines.push('', ...asked.map((open) => questionLine(state, open)))
  for (const { id, asking: step } of state.steps)
    if (step?.what === 'approve')
      lines.push(
        '',
        `\`${id}\` waits for an approval: ${step.question}`,
        `Approve with \`unwind approve ${state.service} -e ${state.environment} --step ${id}\`.`,
      )
  if (state.traffic !== undefined && !state.outcome) lines.push('', `${state.traffic}.`)
  if (state.lastDrill !== undefined) lines.push('', lastDrillText(state.lastDrill))
  if (state.checklist) lines.push('', 'Checklist:', ...state.checklist.map(itemLine))
  if (state.parked) lines.push('', ...parkedLines(state))
  if (state.phase === 'awaiting-approval') lines.push('', ...approvalLines(state))
  return lines.join('\n').slice(0, 16_000)
}

/** The run in one sentence. */
export function headline(state: RunState): string {
  const name = `${state.service} in ${state.environment}`
  if (state.outcome && state.drill) return drillLine(state, name)
  if (state.outcome)
    return `${name}: ${state.outcome}${state.problem ? ` (${state.problem.code}: ${state.problem.message})` : ''}`
  if (state.parked) return `${name} is parked at ${state.parked.stepId}: ${state.parked.problem.message}`
  if (state.pause) return `${name} is paused by ${state.pause.by}`
  return `${name} is ${state.phase.replace('-', ' ')}`
}

function drillLine({ drill, problem, steps }: RunState, name: string): string {
  const failed = drill?.problem ?? problem
  const left = steps.filter(({ begun, status }) => begun && status !== 'compensated').map(({ title }) => title)
  const still = left.length > 0 ? `; still there: ${left.join(', ')}` : ''
  if (failed || drill?.took === undefined)
    return `${name}: the drill failed${failed ? ` (${failed.code}: ${failed.message})` : ''}${still}`
  return `${name}: the drill passed in ${readable(drill.took)}${still}`
}

function runbookLines({ runbook, procedure, decision }: RunState): string[] {
  const answers = (decision?.path ?? []).map(({ question, answer, by }) => {
    return `- ${question} **${answer}** (${by === 'evidence' ? 'evidence' : by.subject})`
  })
  return [`Runbook ${runbook?.name}${procedure === undefined ? '' : `, procedure \`${procedure}\``}`, '', ...answers]
}

function questionLine(
  { service, environment }: RunState,
  { id, question, because }: ReturnType<typeof asking>[number],
): string {
  const why = because ? ` (${because})` : ''
  return `**${question}**${why} Answer with \`unwind answer ${service} yes|no -e ${environment} --question ${id}\`.`
}

function itemLine({ id, text, ticked, required }: TickedItem): string {
  return `- [${ticked ? 'x' : ' '}] ${text}${ticked ? ` (${ticked.by})` : ` \`${id}\`${required ? ', required' : ''}`}`
}

function stepLine(step: StepState): string {
  const group = step.group === undefined ? '' : ` (group ${step.group})`
  const until = step.until === undefined ? '' : `, until ${new Date(step.until).toISOString().slice(0, 19)}Z`
  const plan = step.plan ? `; ${step.plan.summary}` : ''
  return `- ${MARKS[step.status]} \`${step.id}\`${group} ${step.title}: ${step.status}${until}${plan}`
}

function parkedLines(state: RunState): string[] {
  const parked = state.parked
  if (!parked) return []
  const evidence = parked.evidence ? [`Seen: ${parked.evidence.summary}`, ''] : []
  const offered = parked.choices.map(({ choice, effect }) => `- **${choice}**: ${effect}`)
  const retry = JSON.stringify({ stepId: parked.stepId, attempt: parked.attempt, choice: 'retry' })
  return [
    `Cause: \`${parked.problem.code}\` ${parked.problem.message}`,
    '',
    ...evidence,
    'Next moves:',
    ...offered,
    '',
    `From this page: send update \`decide\` with \`${retry}\`. All others: \`unwind <choice> ${state.service} -e ${state.environment}\`.`,
  ]
}

function approvalLines(state: RunState): string[] {
  const why = (state.need?.because ?? []).map((reason) => `- ${reason}`)
  const command = `unwind approve ${state.service} -e ${state.environment}`
  return ['Waits for an approval because of:', ...why, '', `Approve with \`${command}\`.`]
}
