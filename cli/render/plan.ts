import { readable } from '../../model/duration.ts'
import type { ApprovalNeed } from '../../model/policy.ts'
import type { Change, Plan } from '../../model/target.ts'
import { columns, type Line, pad, type Span } from './span.ts'

/** A plan as the API answers it, or as a run carries it. */
export interface ShownPlan {
  service: string
  environment: string
  steps: readonly { id: string; title: string; plan?: Plan | undefined }[]
  digest?: string | undefined
  need?: ApprovalNeed | undefined
}

/** The whole plan as people approve it: what changes from what to what, what to know, what it needs, and its digest. */
export function planLines(plan: ShownPlan): Line[] {
  return [
    [['bold', `Plan for ${plan.service} in ${plan.environment}`]],
    ...plan.steps.flatMap((step, index) => stepLines(step, index)),
    [],
    ...needLines(plan),
    ...(plan.digest ? [[['dim', `Digest  ${plan.digest}`] as Span]] : []),
  ]
}

function stepLines(step: ShownPlan['steps'][number], index: number): Line[] {
  const { plan } = step
  const head: Line[] = [[], [['bold', `${index + 1}. ${step.title}`]]]
  if (!plan) return [...head, [['dim', '   not planned yet']]]
  return [
    ...head,
    [['plain', `   ${plan.summary}`]],
    ...changeLines(plan.changes),
    ...plan.warnings.map(
      (warning): Line => [
        ['ask', `   ! ${warning.code}${warning.confirm ? ' (has to be accepted)' : ''}: `],
        ['plain', warning.message],
      ],
    ),
    plan.reversible === true
      ? [['dim', '   can be taken back']]
      : [['bad', `   cannot be taken back: ${plan.reversible.because}`]],
    [['dim', `   limits: ${readable(plan.limits.apply)} to apply, ${readable(plan.limits.verify)} to verify`]],
  ]
}

function changeLines(changes: readonly Change[]): Line[] {
  if (changes.length === 0) return [[['dim', '   nothing changes: it is there already']]]
  const width = Math.min(48, Math.max(...changes.map((change) => columns(change.path))))
  return changes.flatMap((change): Line[] => {
    const path = pad(change.path, width)
    return [
      ...(change.from === undefined ? [] : [[['removed', `   - ${path}  ${change.from}`] as Span]]),
      ...(change.to === undefined ? [] : [[['added', `   + ${path}  ${change.to}`] as Span]]),
    ]
  })
}

function needLines({ need }: ShownPlan): Line[] {
  if (!need) return [[['good', 'Needs no approval.']]]
  const rules = need.rules.map((rule) => {
    const who = rule.groups.length > 0 ? ` from ${rule.groups.join(' or ')}` : ''
    const self = rule.self ? '' : ', not by whoever starts it'
    return `${rule.min} ${rule.min === 1 ? 'approval' : 'approvals'}${who}${self}, within ${readable(rule.expires)}`
  })
  return [
    [['ask', `Needs ${rules.join('; and ')}.`]],
    ...need.because.map((reason): Line => [['plain', `  because: ${reason}`]]),
  ]
}
