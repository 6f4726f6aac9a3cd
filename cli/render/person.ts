import { readable } from '../../model/duration.ts'
import { missing } from '../../model/policy.ts'
import type { RunState } from '../../model/run.ts'
import { type Line, pad, type Span } from './span.ts'
import { commandFor } from './words.ts'

/** What a person has to answer now, with the exact commands; nothing while a run goes on by itself. */
export function personLines(run: RunState, now: number): Line[] {
  if (run.phase === 'ended') return endLines(run)
  if (run.parked) return parkedLines(run, now)
  if (run.phase === 'awaiting-approval') return approvalLines(run, now)
  if (run.pause)
    return [
      [],
      [
        ['ask', `  Paused by ${run.pause.by}. `],
        ['plain', `Go on:  ${commandFor('resume', run)}`],
      ],
    ]
  return []
}

function endLines(run: RunState): Line[] {
  const problem: Line[] = run.problem ? [[], [['bad', `  ${run.problem.code}: ${run.problem.message}`]]] : []
  const left = run.outcome === 'aborted' ? run.steps.filter((step) => step.begun && step.status !== 'compensated') : []
  if (left.length === 0) return problem
  return [
    ...problem,
    [],
    [['ask', '  What stays changed:']],
    ...left.map((step): Line => [['plain', `    ${step.title}${step.plan ? `: ${step.plan.summary}` : ''}`]]),
  ]
}

function parkedLines(run: RunState, now: number): Line[] {
  const { parked } = run
  if (!parked) return []
  const choices = parked.choices.map(({ choice, effect }) => [commandFor(choice, run), effect] as const)
  const width = Math.max(0, ...choices.map(([command]) => command.length))
  return [
    [],
    [
      ['ask', `  ${parked.stepId} stopped during ${parked.during}, ${readable(now - parked.since)} ago`],
      ['dim', run.claimedBy ? `  claimed by ${run.claimedBy}` : ''],
    ],
    [['bad', `  ${parked.problem.code}: ${parked.problem.message}`]],
    ...(parked.evidence ? [[['plain', `  ${parked.evidence.summary}`] as Span]] : []),
    [],
    [['ask', '  What now?']],
    ...choices.map(
      ([command, effect]): Line => [
        ['bold', `    ${pad(command, width)}`],
        ['plain', `  ${effect}`],
      ],
    ),
  ]
}

function approvalLines(run: RunState, now: number): Line[] {
  const { need } = run
  if (!need) return []
  const open = missing(need, run.startedBy.subject, run.approvals)
  const groups = [...new Set(need.rules.flatMap((rule) => rule.groups))]
  const expires =
    run.needSince === undefined ? undefined : run.needSince + Math.min(...need.rules.map((r) => r.expires))
  const given = run.approvals.map((approval) => approval.actor.subject).join(', ')
  return [
    [],
    [
      [
        'ask',
        `  Waits for ${open} ${open === 1 ? 'approval' : 'approvals'}${groups.length > 0 ? ` from ${groups.join(' or ')}` : ''}`,
      ],
      [
        'plain',
        `${expires === undefined ? '' : `, open for ${readable(Math.max(0, expires - now))}`}. Nothing is changed before.`,
      ],
    ],
    ...need.because.map((reason): Line => [['plain', `    because: ${reason}`]]),
    ...(given ? [[['plain', `    given by ${given}`] as Span]] : []),
    [],
    [['bold', `    ${commandFor('approve', run)}`]],
    [['bold', `    ${commandFor('reject', run)}`]],
  ]
}
