import { staysChanged } from '../../model/choices.ts'
import { readable } from '../../model/duration.ts'
import { missing } from '../../model/policy.ts'
import type { RunState } from '../../model/run.ts'
import { askedLines } from './asked.ts'
import { type Line, paragraph } from './span.ts'
import { commandFor } from './words.ts'

/** What a person has to answer now, with the exact commands; nothing while a run goes on by itself. */
export function personLines(run: RunState, now: number, width: number): Line[] {
  if (run.phase === 'ended') return endLines(run, width)
  if (run.parked) return parkedLines(run, now, width)
  if (run.phase === 'awaiting-approval') return approvalLines(run, now, width)
  const asked = askedLines(run, now, width)
  if (!run.pause) return asked
  return [
    ...asked,
    [],
    [
      ['ask', `  Paused by ${run.pause.by}. `],
      ['plain', `Go on:  ${commandFor('resume', run)}`],
    ],
  ]
}

function endLines(run: RunState, width: number): Line[] {
  const { problem, outcome } = run
  const why = problem ? [[], ...paragraph('bad', `${problem.code}: ${problem.message}`, 2, width)] : []
  const left = outcome === 'aborted' ? staysChanged(run) : []
  if (left.length === 0) return why
  return [
    ...why,
    [],
    [['ask', '  What stays changed:']],
    ...left.flatMap((step) => paragraph('plain', step.plan?.summary ?? step.title, 4, width)),
  ]
}

function parkedLines(run: RunState, now: number, width: number): Line[] {
  const { parked, claimedBy } = run
  if (!parked) return []
  const { stepId, during, since, problem, evidence, choices } = parked
  return [
    [],
    [
      ['ask', `  ${stepId} stopped during ${during}, ${readable(now - since)} ago`],
      ['dim', claimedBy ? `  claimed by ${claimedBy}` : ''],
    ],
    ...paragraph('bad', `${problem.code}: ${problem.message}`, 2, width),
    ...(evidence && evidence.summary !== problem.message ? paragraph('plain', evidence.summary, 2, width) : []),
    [],
    [['ask', '  What now?']],
    ...choices.flatMap(({ choice, effect }): Line[] => [
      [['bold', `    ${commandFor(choice, run)}`]],
      ...paragraph('dim', effect, 6, width),
    ]),
  ]
}

function approvalLines(run: RunState, now: number, width: number): Line[] {
  const { need, approvals, needSince, planDigest } = run
  if (!need) return []
  const valid = approvals.filter((approval) => approval.planDigest === planDigest)
  const open = missing(need, run.startedBy.subject, valid)
  const groups = [...new Set(need.rules.flatMap((rule) => rule.groups))]
  const from = groups.length > 0 ? ` from ${groups.join(' or ')}` : ''
  const expires = (needSince ?? now) + Math.min(...need.rules.map((rule) => rule.expires))
  const given = valid.map(({ actor }) => actor.subject).join(', ')
  return [
    [],
    [
      ['ask', `  Waits for ${open} ${open === 1 ? 'approval' : 'approvals'}${from}`],
      ['plain', `, open for ${readable(Math.max(0, expires - now))}. Nothing is changed before.`],
    ],
    ...need.because.flatMap((reason) => paragraph('plain', `because: ${reason}`, 4, width)),
    ...(given ? paragraph('plain', `given by ${given}`, 4, width) : []),
    [],
    [['bold', `    ${commandFor('approve', run)}`]],
    [['bold', `    ${commandFor('reject', run)}`]],
  ]
}
