import { type LastDrill, lastDrillText } from '../../model/drill/result.ts'
import { readable } from '../../model/duration.ts'
import type { Expected } from '../../model/expected.ts'
import type { ApprovalNeed } from '../../model/policy.ts'
import type { Decision } from '../../model/runbook/progress.ts'
import type { Role } from '../../model/run.ts'
import type { Change, Plan, Warning } from '../../model/target.ts'
import { columns, type Line, pad, paragraph, type Span, wrap } from './span.ts'

/** A plan as the API answers it, or as a run carries it. */
export interface ShownPlan {
  service: string
  environment: string
  steps: readonly { id: string; title: string; plan?: Plan | undefined; role?: Role; group?: number }[]
  digest?: string | undefined
  need?: ApprovalNeed | undefined
  decision?: Decision | undefined
  procedure?: string | undefined
  expected?: Expected | undefined
  stop?: string | undefined
  lastDrill?: LastDrill | null | undefined
  traffic?: string | undefined
}

/**
 * The whole plan as people approve it: what changes from what to what, what to know, what it needs, and its digest.
 * Sentences are wrapped to `width` columns; the values that change never are.
 */
export function planLines(plan: ShownPlan, width = Number.POSITIVE_INFINITY): Line[] {
  return [
    [['bold', `Plan for ${plan.service} in ${plan.environment}`]],
    ...decisionLines(plan, width),
    ...plan.steps.flatMap((step, index) => stepLines(step, index, width)),
    ...(plan.traffic === undefined ? [] : [[], ...paragraph('plain', `${plan.traffic}.`, 0, width)]),
    ...(plan.lastDrill === undefined
      ? []
      : [[], ...paragraph(plan.lastDrill ? 'plain' : 'ask', lastDrillText(plan.lastDrill, Date.now()), 0, width)]),
    ...(plan.decision?.asking || plan.stop ? [] : [[], ...needLines(plan, width)]),
    ...expectedLines(plan, width),
    ...(plan.digest ? [[['dim', `Digest  ${plan.digest}`] as Span]] : []),
  ]
}

/** How the runbook came to its procedure, or what keeps it from one. */
function decisionLines({ decision, procedure, stop }: ShownPlan, width: number): Line[] {
  const asking = decision?.asking
  return [
    ...(decision?.path ?? []).flatMap(({ question, answer, by }) => {
      const who = by === 'evidence' ? 'evidence' : by.subject
      return paragraph('plain', `${question} ${answer === 'yes' ? 'Yes' : 'No'} (${who})`, 2, width)
    }),
    ...(procedure === undefined ? [] : paragraph('plain', `Procedure ${procedure}`, 2, width)),
    ...(stop === undefined ? [] : [[], ...paragraph('ask', `Nothing is rolled back: ${stop}`, 0, width)]),
    ...(asking ? [[], ...paragraph('ask', `A person has to answer: ${asking.question}`, 0, width)] : []),
    ...(asking?.because ? paragraph('dim', `because ${asking.because}`, 2, width) : []),
  ]
}

function stepLines(step: ShownPlan['steps'][number], index: number, width: number): Line[] {
  const { plan } = step
  const beside = step.group === undefined ? '' : ` (together with the others of group ${step.group})`
  const head: Line[] = [
    [],
    [
      ['bold', `${index + 1}. ${step.title}`],
      ['dim', beside],
    ],
  ]
  if (step.role && step.role !== 'change') return [...head, [['dim', `   ${ROLE_WORDS[step.role]}`]]]
  if (!plan) return [...head, [['dim', '   not planned yet']]]
  return [
    ...head,
    ...paragraph('plain', plan.summary, 3, width),
    ...(plan.release === undefined ? [] : paragraph('plain', `release ${plan.release}`, 3, width)),
    ...changeLines(plan.changes),
    ...(plan.lost ?? []).flatMap((lost) => paragraph('removed', `lost: ${lost}`, 3, width)),
    ...(plan.impact ?? []).flatMap((impact) => paragraph('plain', `meanwhile: ${impact}`, 3, width)),
    ...plan.warnings.flatMap((warning) => warningLines(warning, width)),
    ...(plan.reversible === true
      ? paragraph('dim', 'can be taken back', 3, width)
      : paragraph('bad', `cannot be taken back: ${plan.reversible.because}`, 3, width)),
    [['dim', `   limits: ${readable(plan.limits.apply)} to apply, ${readable(plan.limits.verify)} to verify`]],
  ]
}

const ROLE_WORDS: Record<Exclude<Role, 'change'>, string> = {
  check: 'measures; a failure parks',
  wait: 'lets time pass',
  manual: 'a person does it and says so',
  approve: 'waits for an approval',
  notify: 'tells people',
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

/** Beside the digest, not in it: a plan that takes longer is no other plan. */
function expectedLines({ expected }: ShownPlan, width: number): Line[] {
  if (!expected) return []
  const { least, most, people } = expected
  const besides = people === 0 ? '' : `, besides ${people === 1 ? 'one step' : `${people} steps`} of people`
  const from = least > 0 ? `at least ${readable(least)} and ` : ''
  return paragraph('dim', `Takes ${from}at most ${readable(most)} by its own limits${besides}.`, 0, width)
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
