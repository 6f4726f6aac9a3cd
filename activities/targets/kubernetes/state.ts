import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'
import type { Place } from '../../kubernetes/objects.ts'
import type { Deployment } from './objects.ts'
import type { KubernetesStep } from './schema.ts'
import { templateHash } from './template.ts'

/** What Unwind knows of a Deployment: which object, which pod template, whether it is paused. Bodies stay in the cluster. */
export interface DeploymentState extends State {
  uid: string
  /** The ReplicaSet that keeps the template; null for a template that was never rolled out. */
  replicaSet: string | null
  templateHash: string
  paused: boolean
}

/** The Deployment that a step names. Throws INVALID_REQUEST when neither step nor environment gives a namespace. */
export function placeOf(step: KubernetesStep): Place {
  const name = step.workload.slice(step.workload.indexOf('/') + 1)
  if (!step.namespace)
    throw new UnwindError(
      'INVALID_REQUEST',
      `${step.workload} has no namespace; set one in the step or as the default of the environment`,
    )
  return { namespace: step.namespace, name }
}

/** A state that was recorded by an earlier run, or INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): DeploymentState {
  const { uid, replicaSet, templateHash, paused } = state
  const named = typeof replicaSet === 'string' || replicaSet === null
  if (typeof uid === 'string' && named && typeof templateHash === 'string' && typeof paused === 'boolean')
    return { uid, replicaSet, templateHash, paused }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of a Kubernetes Deployment')
}

/** Whether the Deployment is in this state. Replicas, strategy and foreign annotations are no part of it. */
export function isAt({ metadata, spec }: Deployment, state: DeploymentState): boolean {
  if (metadata.uid !== state.uid || (spec.paused === true) !== state.paused) return false
  return templateHash(spec.template) === state.templateHash
}
