import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'
import type { Candidate } from './candidate.ts'
import type { Spot, Workload } from './objects.ts'
import { templateHash } from './template.ts'

/** What Unwind knows of a workload: which object, which pod template, where that is kept. Bodies stay in the cluster. */
export type WorkloadState = DeploymentState | RevisionedState

/** Of a Deployment, whose ReplicaSets keep its templates. */
interface DeploymentState extends State {
  uid: string
  /** The ReplicaSet that keeps the template; null for a template that was never rolled out. */
  replicaSet: string | null
  templateHash: string
  paused: boolean
}

/** Of a StatefulSet or DaemonSet. */
interface RevisionedState extends State {
  uid: string
  /** The ControllerRevision that keeps the template, null where there is none. */
  controllerRevision: { name: string; uid: string } | null
  templateHash: string
}

/** The state of a workload at a template, and the object that keeps it. */
export function stateOf(
  { kind }: Spot,
  uid: string,
  templateHash: string,
  kept: Pick<Candidate, 'name' | 'uid'> | undefined,
  paused: boolean,
): WorkloadState {
  if (kind === 'Deployment') return { uid, replicaSet: kept?.name ?? null, templateHash, paused }
  return { uid, controllerRevision: kept ? { name: kept.name, uid: kept.uid } : null, templateHash }
}

/** A state that was recorded by an earlier run, or INVALID_REQUEST when it is not one of this kind of workload. */
export function parseState(state: State, { kind }: Spot): WorkloadState {
  const { uid, templateHash } = state
  if (typeof uid === 'string' && typeof templateHash === 'string') {
    const parsed = kind === 'Deployment' ? deploymentState(state) : revisionedState(state)
    if (parsed) return { uid, templateHash, ...parsed }
  }
  throw new UnwindError('INVALID_REQUEST', `the recorded state is not one of a Kubernetes ${kind}`)
}

function deploymentState({ replicaSet, paused }: State): Pick<DeploymentState, 'replicaSet' | 'paused'> | undefined {
  const named = typeof replicaSet === 'string' || replicaSet === null
  return named && typeof paused === 'boolean' ? { replicaSet, paused } : undefined
}

function revisionedState({ controllerRevision }: State): Pick<RevisionedState, 'controllerRevision'> | undefined {
  if (controllerRevision === null) return { controllerRevision }
  if (typeof controllerRevision !== 'object') return undefined
  const { name, uid } = controllerRevision as { name?: unknown; uid?: unknown }
  return typeof name === 'string' && typeof uid === 'string' ? { controllerRevision: { name, uid } } : undefined
}

/** The name of the object that keeps the template. */
export function keptBy(state: WorkloadState): string | null {
  const { replicaSet, controllerRevision } = state as Partial<DeploymentState & RevisionedState>
  return replicaSet ?? controllerRevision?.name ?? null
}

/** Only a Deployment can be paused. */
export function isPaused(state: WorkloadState): boolean {
  return state['paused'] === true
}

/** Whether the workload is in this state. Replicas, strategy and foreign annotations are no part of it. */
export function isAt({ metadata, spec }: Workload, state: WorkloadState): boolean {
  if (metadata.uid !== state.uid || (spec.paused === true) !== isPaused(state)) return false
  return templateHash(spec.template) === state.templateHash
}
