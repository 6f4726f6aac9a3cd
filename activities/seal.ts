import { createHash } from 'node:crypto'
import type { SealCall } from '../model/calls.ts'
import { canonical } from '../model/canonical.ts'
import { own } from '../model/compile.ts'
import { type Configuration, policyOf } from '../model/configuration.ts'
import { UnwindError } from '../model/errors.ts'
import { type ApprovalNeed, approvalNeeded, stricter } from '../model/policy.ts'

/** All plans of one run together, in bytes of canonical JSON: they travel in histories, messages and answers. */
const PLANS_LIMIT = 256 * 1024

/**
 * The digest that people approve, and what the plan needs before it may be carried out. The digest covers what would
 * happen and nothing that changes by itself: no clock, no estimate, no run id, no evidence. The floor of the
 * environment is read here too, on the worker, so that a run started past the API can't slip under it.
 */
export function seal(call: SealCall, configuration: Configuration): { digest: string; need?: ApprovalNeed } {
  const content = call.steps.map(({ id, kind, connection, plan }) => ({
    ...{ id, kind, connection },
    ...{ object: plan.object, from: plan.from, to: plan.to, changes: plan.changes, reversible: plan.reversible },
    warnings: plan.warnings.map(({ code }) => code).toSorted(),
  }))
  const text = canonical({ service: call.service, environment: call.environment, steps: content })
  if (text.length > PLANS_LIMIT)
    throw new UnwindError(
      'PLAN_TOO_LARGE',
      `the plan is ${text.length} bytes, at most ${PLANS_LIMIT} are carried; split the rollback`,
    )
  const digest = createHash('sha256').update(text).digest('hex')
  const environment = own(configuration.environments, call.environment)
  if (!environment)
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `this worker's unwind.yaml has no environment ${call.environment}; add it, restart the worker and retry`,
    )
  const policy = stricter(call.policy, policyOf(environment))
  refuseKinds(call, policy.kinds)
  const stale = call.before !== undefined && call.before !== digest
  const need = approvalNeeded(
    call.steps.map(({ plan }) => plan),
    policy,
    { accepted: call.accept, stale },
  )
  return { digest, ...(need && { need }) }
}

function refuseKinds(call: SealCall, kinds: string[] | undefined): void {
  const refused = call.steps.find(({ kind }) => kinds && !kinds.includes(kind))
  if (refused) throw new UnwindError('FORBIDDEN', `${call.environment} does not allow steps of kind ${refused.kind}`)
}
