import type { Plan } from './target.ts'

/** Who asks: never taken from a request's body, always from what authenticated it. */
export interface Actor {
  subject: string
  groups: string[]
}

/** One demand for approval. `self`: the person who asked counts too. `expires`: milliseconds until the answer is no. */
export interface ApprovalRule {
  min: number
  groups: string[]
  self: boolean
  expires: number
  /** CEL over the plan, such as `plan.irreversible || plan.data`; absent: always. */
  when?: string
  /** Milliseconds between reminders, and until the escalation contact is told. */
  remind?: number
  escalate?: number
}

/** What an environment demands at the least; runs may only tighten it. */
export interface Policy {
  approvals: ApprovalRule[]
  /** Kinds of steps allowed here; undefined allows all. */
  kinds?: string[]
  /** Whether a rollback may be posted with its steps in the request. */
  inline: boolean
}

/** What the run waits for before it changes anything. Each rule must be met; `because` says why it is asked. */
export interface ApprovalNeed {
  rules: ApprovalRule[]
  because: string[]
}

/** One person's yes to one plan. */
export interface Approval {
  actor: Actor
  planDigest: string
  at: number
  note?: string
  /** The approve step that was answered in mid-run; absent: the plan. */
  stepId?: string
}

/** How long a confirmation that no rule governs stays open before the run ends as expired. */
export const CONFIRMATION_EXPIRES = 60 * 60_000

/** The stricter of two policies: both sets of demands, the kinds that both allow, inline only if both allow it. */
export function stricter(a: Policy, b: Policy): Policy {
  const approvals = [
    ...a.approvals,
    ...b.approvals.filter((rule) => !a.approvals.some((other) => sameRule(rule, other))),
  ]
  const kinds = a.kinds && b.kinds ? a.kinds.filter((kind) => b.kinds?.includes(kind)) : (a.kinds ?? b.kinds)
  return { approvals, ...(kinds && { kinds }), inline: a.inline && b.inline }
}

/** What these plans need before they may be carried out, or undefined when nothing has to be asked. */
export function approvalNeeded(
  plans: readonly Pick<Plan, 'warnings' | 'reversible' | 'summary'>[],
  policy: Policy,
  options: { accepted: readonly string[]; stale: boolean },
): ApprovalNeed | undefined {
  const because = reasons(plans, options)
  if (policy.approvals.length > 0) return { rules: policy.approvals, because: ['policy', ...because] }
  if (because.length === 0) return undefined
  return { rules: [{ min: 1, groups: [], self: true, expires: CONFIRMATION_EXPIRES }], because }
}

function reasons(
  plans: readonly Pick<Plan, 'warnings' | 'reversible' | 'summary'>[],
  { accepted, stale }: { accepted: readonly string[]; stale: boolean },
): string[] {
  const because = stale ? ['the system changed after the plan was made'] : []
  for (const plan of plans) {
    if (plan.reversible !== true) because.push(`irreversible: ${plan.summary}: ${plan.reversible.because}`)
    for (const warning of plan.warnings)
      if (warning.confirm && !accepted.includes(warning.code)) because.push(`${warning.code}: ${warning.message}`)
  }
  return because
}

/** Why this person can't approve, as one sentence; undefined when the approval counts. */
export function whyNotApprove(
  need: ApprovalNeed,
  actor: Actor,
  startedBy: string,
  given: readonly Approval[],
): string | undefined {
  if (given.some((approval) => approval.actor.subject === actor.subject))
    return `${actor.subject} has approved this plan already`
  if (need.rules.some((rule) => counts(rule, actor, startedBy))) return undefined
  const groups = [...new Set(need.rules.flatMap((rule) => rule.groups))]
  if (actor.subject === startedBy && need.rules.every((rule) => !rule.self))
    return `${actor.subject} asked for this rollback; somebody else has to approve it`
  return `${actor.subject} is in none of the groups that may approve this: ${groups.join(', ')}`
}

/** How many approvals are still missing, over all rules. */
export function missing(need: ApprovalNeed, startedBy: string, given: readonly Approval[]): number {
  const open = need.rules.map(
    (rule) => rule.min - given.filter((approval) => counts(rule, approval.actor, startedBy)).length,
  )
  return Math.max(0, ...open)
}

function counts(rule: ApprovalRule, actor: Actor, startedBy: string): boolean {
  if (!rule.self && actor.subject === startedBy) return false
  return rule.groups.length === 0 || rule.groups.some((group) => actor.groups.includes(group))
}

function sameRule(a: ApprovalRule, b: ApprovalRule): boolean {
  return a.min === b.min && a.self === b.self && a.expires === b.expires && a.groups.join() === b.groups.join()
}
