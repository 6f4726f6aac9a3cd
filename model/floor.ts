import type { Configuration } from './configuration.ts'
import { milliseconds } from './duration.ts'
import type { ApprovalRule, Policy } from './policy.ts'

/** The floor of an environment in the form that the engine reads. */
export function policyOf(environment: Configuration['environments'][string]): Policy {
  const { approvals, kinds, inline = !environment.protected } = environment.policy
  const timed = approvals.map((rule): ApprovalRule => ({ ...rule, expires: milliseconds(rule.expires) }))
  return { approvals: timed, ...(kinds && { kinds }), inline }
}
