import { readable } from '../../model/duration.ts'
import type { ApprovalNeed } from '../../model/policy.ts'
import type { Change, Plan, Warning } from '../../model/target.ts'
import { columns, type Line, pad, paragraph, type Span, wrap } from './span.ts'

/** A plan as the API answers it, or as a run carries it. */
export interface ShownPlan {
  service: string
  environment: string
  steps: readonly { id: string; title: string; plan?: Plan | undefined }[]
  digest?: string | undefined
  need?: ApprovalNeed | undefined
}

/**
 * The whole plan as people approve it: what changes from what to what, what to know, what it needs, and its digest.
 * Sentences are wrapped to `width` columns; the values that change never are.
 */
export function planLines(plan: ShownPlan, width = Number.POSITIVE_INFINITY): Line[] {
  return [
    [['bold', `Plan for ${plan.service} in ${plan.environment}`]],
    ...plan.steps.flatMap((step, index) => stepLines(step, index, width)),
    [],
    ...needLines(plan, width),
    ...(plan.digest ? [[['dim', `Digest  ${plan.digest}`] as Span]] : []),
  ]
}

function stepLines(step: ShownPlan['steps'][number], index: number, width: number): Line[] {
  const { plan } = step
  const head: Line[] = [[], [['bold', `${index + 1}. ${step.title}`]]]
  if (!plan) return [...head, [['dim', '   not planned yet']]]
  return [
    ...head,
    ...paragraph('plain', plan.summary, 3, width),
    ...changeLines(plan.changes),
    ...plan.warnings.flatMap((warning) => warningLines(warning, width)),
    ...(plan.reversible === true
      ? paragraph('dim', 'can be taken back', 3, width)
      : paragraph('bad', `cannot be taken back: ${plan.reversible.because}`, 3, width)),
    [['dim', `   limits: ${readable(plan.limits.apply)} to apply, ${readable(plan.limits.verify)} to verify`]],
  ]
}

function warningLines({ code, confirm, message }: Warning, width: number): Line[] {
  const head = `! ${code}${confirm ? ' (has to be accepted)' : ''}:`
  const [first = '', ...rest] = wrap(`${head} ${message}`, Math.max(20, width - 5))
  return [
    [
      ['ask', `   ${first.slice(0, head.length)}`],
      ['plain', first.slice(head.length)],
    ],
    ...rest.map((line): Line => [['plain', `     ${line}`]]),
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

function needLines({ need }: ShownPlan, width: number): Line[] {
  if (!need) return [[['good', 'Needs no approval.']]]
  const rules = need.rules.map((rule) => {
    const who = rule.groups.length > 0 ? ` from ${rule.groups.join(' or ')}` : ''
    const self = rule.self ? '' : ', not by whoever starts it'
    return `${rule.min} ${rule.min === 1 ? 'approval' : 'approvals'}${who}${self}, within ${readable(rule.expires)}`
  })
  return [
    ...paragraph('ask', `Needs ${rules.join('; and ')}.`, 0, width),
    ...need.because.flatMap((reason) => paragraph('plain', `because: ${reason}`, 2, width)),
  ]
}
