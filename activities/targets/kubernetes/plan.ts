import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Change, Plan, Warning } from '../../../model/target.ts'
import type { Ledger } from '../../../model/service/facts.ts'
import { type Autoscaler, readAutoscalers } from '../../kubernetes/autoscalers.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { NOBODY_ASKED, tagWarnings } from '../../kubernetes/images.ts'
import { type Claims, notChecked, ownerOf, ownershipWarnings, readClaims } from '../../kubernetes/owner.ts'
import type { Candidate } from './candidate.ts'
import { type Bounds, boundImpact, boundWarnings, readBounds } from './capacity.ts'
import { changes } from './diff.ts'
import { truthOf } from './images.ts'
import { impactOf } from './impact.ts'
import { readCandidates } from './kept.ts'
import { deniedWarnings, recordedIn } from './ledger.ts'
import { limits } from './limits.ts'
import { objectOf, readWorkload, type Spot, spotOf, type Workload } from './objects.ts'
import { checkReferences } from './references.ts'
import { type Choice, choose, keeperOf, recorded } from './revision.ts'
import { scaleWarnings } from './scale.ts'
import type { KubernetesStep } from './schema.ts'
import { requireObserved, type Standing, standing } from './standing.ts'
import { isPaused, keptBy, parseState, stateOf, type WorkloadState } from './state.ts'
import { images } from './template.ts'
import { plannedDeletions } from './unstick.ts'
import { clientSideApply, leftWarnings, notKept, strategyWarnings } from './warnings.ts'

/** Where the workload stands, where it would go, and what one should know before. Reads only. */
export async function plan(step: KubernetesStep, context: CallContext<Cluster>): Promise<Plan<WorkloadState>> {
  const spot = spotOf(step)
  const sight = await look(spot, context)
  const { workload, cluster, claims } = sight
  const ownership = ownershipWarnings(ownerOf(spot.kind, workload, claims), spot.kind, spot, step.force)
  const here = standing(workload, sight.all, spot, context)
  refusePaused(step, here.state, spot)
  const { candidate, warnings } = target(step, sight, here, context)
  const goal = towards(here, candidate, spot, context)
  const there = goal === here.state
  const deletions = await plannedDeletions(workload, spot, candidate, context)
  return {
    summary: summary(spot, here.candidate, candidate, there),
    object: objectOf(cluster, spot),
    from: here.state,
    to: { ...goal },
    changes: [...(there ? [] : difference(here, candidate, goal)), ...deletions],
    reversible: there ? true : reversible(here, spot),
    warnings: [
      ...ownership,
      ...(there ? [{ code: 'ALREADY_THERE', message: `${step.workload} is at this revision already` }] : []),
      ...warnings,
      ...(await surroundings(sight, step, candidate, there, context)),
    ],
    limits: limits(workload, spot, step, isPaused(here.state) || isPaused(goal)),
    ...(!there && { impact: [...impactOf(workload, spot), ...boundImpact(workload, sight.bounds)] }),
    ...recordedIn(sight.ledger, imagesOf(here), candidate.images),
  }
}

function imagesOf({ candidate, workload }: Standing): string[] {
  return candidate?.images ?? images(workload.spec.template)
}

interface Sight {
  spot: Spot
  workload: Workload
  /** What the cluster is called in a lock. */
  cluster: string
  all: Candidate[]
  claims: Claims
  autoscalers: Autoscaler[] | undefined
  bounds: Bounds
  ledger: Ledger | undefined
}

async function look(spot: Spot, { connection, signal, ledger: ask }: CallContext<Cluster>): Promise<Sight> {
  const [{ object: workload }, cluster, claims, autoscalers, bounds, ledger] = await Promise.all([
    readWorkload(connection, spot, signal),
    connection.identity(signal),
    readClaims(connection, spot, signal),
    readAutoscalers(connection, spot, signal),
    readBounds(connection, spot, signal),
    ask?.(),
  ])
  requireObserved(workload, spot)
  const all = await readCandidates(connection, workload, spot, signal)
  return { spot, workload, cluster, all, claims, autoscalers, bounds, ledger }
}

async function surroundings(
  { spot, workload, all, claims, autoscalers, bounds, ledger }: Sight,
  { force }: KubernetesStep,
  candidate: Candidate,
  there: boolean,
  { connection, signal }: CallContext<Cluster>,
): Promise<Warning[]> {
  const forced = force !== undefined
  const [references, truth] = await Promise.all([
    checkReferences(connection, spot.namespace, candidate, signal),
    there ? NOBODY_ASKED : truthOf(candidate, { spot, ledger }, { cluster: connection, forced, signal }),
  ])
  const scaling = autoscalers ? [] : ['horizontalpodautoscalers']
  const unread = [...claims.unread, ...scaling, ...bounds.unread, ...references.unread]
  return [
    ...(there ? [] : leftWarnings(workload, all, candidate)),
    ...(there ? [] : deniedWarnings(candidate, ledger)),
    ...(there ? [] : strategyWarnings(workload, candidate, spot)),
    ...scaleWarnings(workload, spot, autoscalers ?? []),
    ...(there ? [] : boundWarnings(workload, candidate, spot, bounds)),
    ...references.warnings,
    ...truth.warnings,
    ...tagWarnings(candidate.images, truth),
    ...clientSideApply(workload),
    ...notChecked(unread),
  ]
}

/** The state to go to; the very one that it is in where there is nothing to do. */
function towards({ state }: Standing, candidate: Candidate, spot: Spot, context: CallContext<Cluster>): WorkloadState {
  const paused = context.towards ? isPaused(parseState(context.towards, spot)) : false
  if (state.templateHash === candidate.hash && isPaused(state) === paused) return state
  return stateOf(spot, state.uid, candidate.hash, candidate, paused)
}

function reversible({ state, workload }: Standing, spot: Spot): Plan['reversible'] {
  const because = keptBy(state) === null ? NEVER_ROLLED_OUT : notKept(workload, spot)
  return because === undefined ? true : { because }
}

const NEVER_ROLLED_OUT =
  'the present pod template was never rolled out (the Deployment was paused), so no ReplicaSet keeps it'

function target(
  step: KubernetesStep,
  { spot, workload, all, ledger }: Sight,
  here: Standing,
  { towards }: CallContext<Cluster>,
): Choice {
  const choices = { spot, workload, all, current: here.candidate, ledger }
  if (!towards) return choose(step.to, choices)
  const state = parseState(towards, spot)
  if (state.uid !== here.state.uid)
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `${step.workload} was deleted and made anew since the state was recorded; the recorded ${keeperOf(spot)} went with it`,
    )
  return { candidate: recorded(state, choices), warnings: [] }
}

/** Pods of a paused Deployment do not move, whatever its template says. */
function refusePaused(step: KubernetesStep, here: WorkloadState, { workload, namespace }: Spot): void {
  if (!isPaused(here) || step.resume) return
  throw new UnwindError(
    'TARGET_PAUSED',
    `${workload} in ${namespace} is paused, so a rollback would move no pod; set resume: true to resume it in the same change`,
    { offer: { resume: true } },
  )
}

function difference(here: Standing, candidate: Candidate, to: WorkloadState): Change[] {
  const [before, after] = [isPaused(here.state), isPaused(to)]
  const template = here.candidate?.template ?? here.workload.spec.template
  const paused = { path: 'paused', from: String(before), to: String(after) }
  return [...(before === after ? [] : [paused]), ...changes(template, candidate.template)]
}

function summary(
  { workload, namespace }: Spot,
  here: Candidate | undefined,
  candidate: Candidate,
  there: boolean,
): string {
  const name = `${workload} in ${namespace}`
  const label = (of: Candidate) => `revision ${of.revision} (${of.images.join(', ')})`
  if (there) return `${name} is at ${label(candidate)} already`
  return `${name}: ${here ? label(here) : 'a template that was never rolled out'} → ${label(candidate)}`
}
