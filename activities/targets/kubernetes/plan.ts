import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Change, Plan, Warning } from '../../../model/target.ts'
import type { Ledger } from '../../../model/service/facts.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { changes } from './diff.ts'
import { impactOf } from './impact.ts'
import { deniedWarnings, recordedIn } from './ledger.ts'
import { type Place } from '../../kubernetes/objects.ts'
import { type Deployment, readDeployment, readReplicaSets } from './objects.ts'
import { type Claims, notChecked, ownerOf, ownershipWarnings, readClaims } from '../../kubernetes/owner.ts'
import { checkReferences } from './references.ts'
import { type Candidate, candidates, type Choice, choose, recorded } from './revision.ts'
import { type Autoscaler, readAutoscalers } from '../../kubernetes/autoscalers.ts'
import { scaleWarnings } from './scale.ts'
import type { KubernetesStep } from './schema.ts'
import { requireObserved, type Standing, standing } from './standing.ts'
import { type DeploymentState, parseState, placeOf } from './state.ts'
import { images } from './template.ts'
import { clientSideApply, imageWarnings, leftWarnings } from './warnings.ts'

/** Room for reads and writes themselves; what a rollout may take comes from the Deployment. */
const APPLY_LIMIT = 60_000
const LONGEST_ROLLOUT = 60 * 60_000
const DEFAULT_DEADLINE = 600

/** Where the Deployment stands, where it would go, and what one should know before. Reads only. */
export async function plan(step: KubernetesStep, context: CallContext<Cluster>): Promise<Plan<DeploymentState>> {
  const place = placeOf(step)
  const sight = await look(place, context)
  const { deployment, cluster, claims } = sight
  const ownership = ownershipWarnings(ownerOf('Deployment', deployment, claims), 'Deployment', place, step.force)
  const here = standing(deployment, sight.all, context)
  refusePaused(step, here.state, place)
  const { candidate, warnings } = target(step, sight, here, context)
  const goal = towards(here, candidate, context)
  const there = goal === here.state
  return {
    summary: summary(place, here.candidate, candidate, there),
    object: `kubernetes/${cluster}/${place.namespace}/deployment/${place.name}`,
    from: here.state,
    to: { ...goal },
    changes: there ? [] : difference(here, candidate, goal),
    reversible: here.state.replicaSet === null && !there ? { because: NEVER_ROLLED_OUT } : true,
    warnings: [
      ...ownership,
      ...(there ? [{ code: 'ALREADY_THERE', message: `${step.workload} is at this revision already` }] : []),
      ...warnings,
      ...(await surroundings(sight, candidate, place, there, context)),
    ],
    limits: limits(deployment, step, here.state.paused || goal.paused),
    ...(!there && { impact: impactOf(deployment) }),
    ...recordedIn(sight.ledger, imagesOf(here), candidate.images),
  }
}

function imagesOf({ candidate, deployment }: Standing): string[] {
  return candidate?.images ?? images(deployment.spec.template)
}

interface Sight {
  deployment: Deployment
  /** What the cluster is called in a lock. */
  cluster: string
  all: Candidate[]
  claims: Claims
  autoscalers: Autoscaler[] | undefined
  ledger: Ledger | undefined
}

async function look(place: Place, { connection, signal, ledger: ask }: CallContext<Cluster>): Promise<Sight> {
  const [{ object: deployment }, cluster, claims, autoscalers, ledger] = await Promise.all([
    readDeployment(connection, place, signal),
    connection.identity(signal),
    readClaims(connection, place, signal),
    readAutoscalers(connection, place, signal),
    ask?.(),
  ])
  requireObserved(deployment)
  const all = candidates(await readReplicaSets(connection, deployment, place.namespace, signal))
  return { deployment, cluster, all, claims, autoscalers, ledger }
}

async function surroundings(
  { deployment, all, claims, autoscalers, ledger }: Sight,
  candidate: Candidate,
  place: Place,
  there: boolean,
  { connection, signal }: CallContext<Cluster>,
): Promise<Warning[]> {
  const references = await checkReferences(connection, place.namespace, candidate.replicaSet, signal)
  const unread = [...claims.unread, ...(autoscalers ? [] : ['horizontalpodautoscalers']), ...references.unread]
  return [
    ...(there ? [] : leftWarnings(deployment, all, candidate)),
    ...(there ? [] : deniedWarnings(candidate, ledger)),
    ...scaleWarnings(deployment, autoscalers ?? []),
    ...references.warnings,
    ...imageWarnings(candidate),
    ...clientSideApply(deployment),
    ...notChecked(unread),
  ]
}

/** The state to go to; the very one that it is in where there is nothing to do. */
function towards({ state }: Standing, candidate: Candidate, context: CallContext<Cluster>): DeploymentState {
  const paused = context.towards ? parseState(context.towards).paused : false
  if (state.templateHash === candidate.hash && state.paused === paused) return state
  return { uid: state.uid, replicaSet: candidate.name, templateHash: candidate.hash, paused }
}

const NEVER_ROLLED_OUT =
  'the present pod template was never rolled out (the Deployment was paused), so no ReplicaSet keeps it'

function target(
  step: KubernetesStep,
  { all, ledger }: Sight,
  here: Standing,
  { towards }: CallContext<Cluster>,
): Choice {
  if (!towards) return choose(step.to, all, here.candidate, ledger)
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

function difference(here: Standing, candidate: Candidate, to: DeploymentState): Change[] {
  const from = here.state
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

/** A Deployment that is paused again waits for its pods within apply. */
function limits(deployment: Deployment, step: KubernetesStep, repausing: boolean) {
  const deadline = (deployment.spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE) * 1_000
  // The deadline counts from the last progress, so a rollout in several waves may take longer than one of them.
  const rollout = Math.min(2 * deadline, LONGEST_ROLLOUT)
  return {
    apply: APPLY_LIMIT + (repausing ? rollout : 0),
    verify: rollout + milliseconds(step.soak) + APPLY_LIMIT,
  }
}
