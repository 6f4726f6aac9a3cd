import { UnwindError } from '../../../model/errors.ts'
import { milliseconds } from '../../../model/duration.ts'
import type { CallContext, Plan } from '../../../model/target.ts'
import type { Cluster } from './connect.ts'
import { changes } from './diff.ts'
import { type Deployment, type Place, readDeployment, readReplicaSets } from './objects.ts'
import { ownerOf, readClaims } from './owner.ts'
import { type DeploymentState, parseState, placeOf } from './state.ts'
import { checkReferences } from './references.ts'
import { type Candidate, candidates, type Choice, choose, recorded, withTemplate } from './revision.ts'
import { readAutoscalers, scaleWarnings } from './scale.ts'
import type { KubernetesStep } from './schema.ts'
import { templateHash } from './template.ts'
import { clientSideApply, imageWarnings, leftWarnings, notChecked, ownershipWarnings } from './warnings.ts'

/** Room for reads and writes themselves; what a rollout may take comes from the Deployment. */
const APPLY_LIMIT = 60_000
const LONGEST_ROLLOUT = 60 * 60_000
const DEFAULT_DEADLINE = 600

/** Where the Deployment stands, where it would go, and what one should know before. Reads only. */
export async function plan(step: KubernetesStep, context: CallContext<Cluster>): Promise<Plan<DeploymentState>> {
  const { connection, signal } = context
  const place = placeOf(step)
  const [{ object: deployment }, cluster, claims, autoscalers] = await Promise.all([
    readDeployment(connection, place, signal),
    connection.identity(signal),
    readClaims(connection, place, signal),
    readAutoscalers(connection, place, signal),
  ])
  requireObserved(deployment, place)
  const ownership = ownershipWarnings(ownerOf(deployment, claims), step, place)
  const all = candidates(await readReplicaSets(connection, deployment, place.namespace, signal))
  const here = standing(deployment, all, context)
  refusePaused(step, here.state, place)
  const { candidate, warnings } = target(step, all, here, context)
  const references = await checkReferences(connection, place.namespace, candidate.replicaSet, signal)
  const from = here.state
  const to: DeploymentState = {
    uid: from.uid,
    replicaSet: candidate.name,
    templateHash: candidate.hash,
    paused: context.towards ? parseState(context.towards).paused : false,
  }
  const there = from.templateHash === to.templateHash && from.paused === to.paused
  const unread = [...claims.unread, ...(autoscalers ? [] : ['horizontalpodautoscalers']), ...references.unread]
  return {
    summary: summary(place, here.candidate, candidate, there),
    object: `kubernetes/${cluster}/${place.namespace}/deployment/${place.name}`,
    from,
    to: there ? { ...from } : to,
    changes: there ? [] : difference(here, candidate, from, to),
    reversible: from.replicaSet === null && !there ? { because: NEVER_ROLLED_OUT } : true,
    warnings: [
      ...ownership,
      ...(there ? [{ code: 'ALREADY_THERE', message: `${step.workload} is at this revision already` }] : []),
      ...warnings,
      ...leftWarnings(deployment, all, candidate, there),
      ...scaleWarnings(deployment, autoscalers ?? []),
      ...references.warnings,
      ...imageWarnings(candidate),
      ...clientSideApply(deployment),
      ...notChecked(unread),
    ],
    limits: limits(deployment, step, from, to),
  }
}

const NEVER_ROLLED_OUT =
  'the present pod template was never rolled out (the Deployment was paused), so no ReplicaSet keeps it'

interface Standing {
  state: DeploymentState
  candidate: Candidate | undefined
  deployment: Deployment
}

/**
 * Right after an apply the controller has not made the ReplicaSet of the new template yet: "previous" would then go
 * back two releases (kubectl does). The caller asks again.
 */
function requireObserved({ metadata, status }: Deployment, place: Place): void {
  const { generation = 0 } = metadata
  const observed = status?.observedGeneration ?? 0
  if (observed >= generation) return
  throw new UnwindError(
    'TARGET_UNREACHABLE',
    `the Deployment controller has not observed generation ${generation} of deployment/${place.name} yet (it is at ${observed}); is the controller manager running?`,
    { observed, generation },
  )
}

function standing(deployment: Deployment, all: readonly Candidate[], context: CallContext<Cluster>): Standing {
  if (context.assumed) {
    const state = parseState(context.assumed)
    return { state, candidate: recorded(state, all, undefined), deployment }
  }
  const hash = templateHash(deployment.spec.template)
  const candidate = withTemplate(all, hash)
  const { uid } = deployment.metadata
  const paused = deployment.spec.paused === true
  if (!candidate && !paused && !creationFailed(deployment))
    throw new UnwindError(
      'TARGET_UNREACHABLE',
      `deployment/${deployment.metadata.name} has no ReplicaSet for its present template yet; is the controller manager running?`,
    )
  return { state: { uid, replicaSet: candidate?.name ?? null, templateHash: hash, paused }, candidate, deployment }
}

/** A quota or an admission plug-in can keep the controller from making the ReplicaSet for good. */
function creationFailed({ status }: Deployment): boolean {
  return (status?.conditions ?? []).some(
    ({ type, reason }) => type === 'Progressing' && reason === 'ReplicaSetCreateError',
  )
}

function target(
  step: KubernetesStep,
  all: readonly Candidate[],
  here: Standing,
  { towards }: CallContext<Cluster>,
): Choice {
  if (!towards) return choose(step.to, all, here.candidate)
  const state = parseState(towards)
  if (state.uid !== here.state.uid)
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `${step.workload} was deleted and made anew since the state was recorded; the recorded ReplicaSet went with it`,
    )
  return { candidate: recorded(state, all, here.candidate), warnings: [] }
}

/** Pods of a paused Deployment do not move, whatever its template says. */
function refusePaused(step: KubernetesStep, here: DeploymentState, place: Place): void {
  if (!here.paused || step.resume) return
  throw new UnwindError(
    'TARGET_PAUSED',
    `deployment/${place.name} in ${place.namespace} is paused, so a rollback would move no pod; set resume: true to resume it in the same change`,
    { offer: { resume: true } },
  )
}

function difference(here: Standing, candidate: Candidate, from: DeploymentState, to: DeploymentState) {
  const template = here.candidate?.replicaSet.spec.template ?? here.deployment.spec.template
  const paused = { path: 'paused', from: String(from.paused), to: String(to.paused) }
  return [...(from.paused === to.paused ? [] : [paused]), ...changes(template, candidate.replicaSet.spec.template)]
}

function summary(place: Place, here: Candidate | undefined, candidate: Candidate, there: boolean): string {
  const name = `deployment/${place.name} in ${place.namespace}`
  const label = (of: Candidate) => `revision ${of.revision} (${of.images.join(', ')})`
  if (there) return `${name} is at ${label(candidate)} already`
  return `${name}: ${here ? label(here) : 'a template that was never rolled out'} → ${label(candidate)}`
}

function limits(deployment: Deployment, step: KubernetesStep, from: DeploymentState, to: DeploymentState) {
  const deadline = (deployment.spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE) * 1_000
  // The deadline counts from the last progress, so a rollout in several waves may take longer than one of them.
  const rollout = Math.min(2 * deadline, LONGEST_ROLLOUT)
  const repausing = from.paused || to.paused
  return {
    apply: APPLY_LIMIT + (repausing ? rollout : 0),
    verify: rollout + milliseconds(step.soak) + APPLY_LIMIT,
  }
}
