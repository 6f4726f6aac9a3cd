import { createHash } from 'node:crypto'
import type { SealCall } from '../model/calls.ts'
import { canonical } from '../model/canonical.ts'
import { own } from '../model/compile.ts'
import type { Configuration } from '../model/configuration.ts'
import { policyOf } from '../model/floor.ts'
import { UnwindError } from '../model/errors.ts'
import { evaluate } from '../model/expression/index.ts'
import { type ApprovalNeed, type ApprovalRule, approvalNeeded, stricter } from '../model/policy.ts'
import type { StepKind } from '../model/step.ts'
import type { Facts, PlanFacts } from '../model/runbook/progress.ts'
import { kinds } from './schemas.ts'

/** All plans of one run together, in bytes of canonical JSON: they travel in histories, messages and answers. */
const PLANS_LIMIT = 256 * 1024

/**
 * The digest that people approve, and what the plan needs before it may be carried out. The digest covers what would
 * happen and nothing that changes by itself: no clock, no estimate, no run id, no evidence. The floor of the
 * environment is read here too, on the worker, so that a run started past the API can't slip under it.
 */
export function seal(
  call: SealCall,
  configuration: Configuration,
  known: Readonly<Record<string, Pick<StepKind, 'drill'>>> = kinds,
): { digest: string; need?: ApprovalNeed } {
  refuseMixture(call)
  const digest = digestOf(call)
  const environment = own(configuration.environments, call.environment)
  if (!environment)
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `this worker's unwind.yaml has no environment ${call.environment}; add it, restart the worker and retry`,
    )
  const floor = stricter(call.policy, policyOf(environment))
  refuseKinds(call, floor.kinds)
  if (call.drill) {
    refuseServing(call, known)
    return { digest }
  }
  const stale = call.before !== undefined && call.before !== digest
  const need = approvalNeeded(
    call.steps.map(({ plan }) => plan),
    stricter({ approvals: ruleOf(call), inline: true }, floor),
    { accepted: call.accept, stale },
  )
  return { digest, ...(need && { need }) }
}

function digestOf(call: SealCall): string {
  const { service, environment, asks, runbook } = call
  const content = call.steps.map(({ id, kind, connection, plan }) => ({
    ...{ id, kind, connection },
    ...{
      object: plan.object,
      ...(plan.also && { also: plan.also }),
      from: plan.from,
      to: plan.to,
      changes: plan.changes,
      reversible: plan.reversible,
    },
    warnings: plan.warnings.map(({ code }) => code).toSorted(),
    ...(plan.data && { data: true }),
    ...(plan.release !== undefined && { release: plan.release }),
  }))
  const book = runbook && { revision: runbook.revision, procedure: runbook.procedure }
  const text = canonical({ service, environment, steps: content, runbook: book, asks })
  if (text.length > PLANS_LIMIT)
    throw new UnwindError(
      'PLAN_TOO_LARGE',
      `the plan is ${text.length} bytes, at most ${PLANS_LIMIT} are carried; split the rollback`,
    )
  return createHash('sha256').update(text).digest('hex')
}

/** The first of the runbook's rules whose condition holds. One that can't be evaluated holds: doubt asks for more. */
function ruleOf({ runbook, facts, steps }: SealCall): ApprovalRule[] {
  if (!runbook) return []
  const plans = steps.map(({ plan }) => plan)
  const plan: PlanFacts = {
    irreversible: plans.some(({ reversible }) => reversible !== true),
    data: plans.some(({ data }) => data === true),
    steps: plans.length,
    kinds: [...new Set(steps.map(({ kind }) => kind))].toSorted(),
    warnings: [...new Set(plans.flatMap(({ warnings }) => warnings.map(({ code }) => code)))].toSorted(),
  }
  const rule = runbook.approvals.find(({ when }) => when === undefined || holds(when, facts && { ...facts, plan }))
  if (!rule) return []
  const { when: _when, ...demand } = rule
  return [demand]
}

function holds(when: string, facts: Facts | undefined): boolean {
  if (!facts) return true
  const evaluated = evaluate(when, facts)
  return 'value' in evaluated ? evaluated.value : true
}

/** All steps of a run lead to one release, where the runbook takes one and the systems can tell. */
function refuseMixture({ runbook, steps }: SealCall): void {
  if (!runbook?.oneRelease) return
  const known = steps.filter(({ plan }) => plan.release !== undefined)
  if (new Set(known.map(({ plan }) => plan.release)).size < 2) return
  const list = known.map(({ id, plan }) => `${id} → ${plan.release}`).join(', ')
  throw new UnwindError('RELEASE_MIXED', `the steps would lead to different releases: ${list}; name one that all have`)
}

/** Nobody approves a drill, so here is seen to it that it can't touch what serves, whoever started it. */
function refuseServing({ steps }: SealCall, known: Readonly<Record<string, Pick<StepKind, 'drill'>>>): void {
  const serving = steps.find(({ kind }) => own(known, kind)?.drill !== true)
  if (!serving) return
  const message = `step ${serving.id} of kind ${serving.kind} touches what serves, so a drill can’t hold it; start a rollback`
  throw new UnwindError('FORBIDDEN', message)
}

function refuseKinds(call: SealCall, kinds: string[] | undefined): void {
  const refused = call.steps.find(({ kind }) => kinds && !kinds.includes(kind))
  if (refused) throw new UnwindError('FORBIDDEN', `${call.environment} does not allow steps of kind ${refused.kind}`)
}
