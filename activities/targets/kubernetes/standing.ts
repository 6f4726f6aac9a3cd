import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Deployment } from './objects.ts'
import { type Candidate, recorded, withTemplate } from './revision.ts'
import { type DeploymentState, parseState } from './state.ts'
import { templateHash } from './template.ts'

/** Where a Deployment is when a plan begins. */
export interface Standing {
  state: DeploymentState
  candidate: Candidate | undefined
  deployment: Deployment
}

/**
 * Right after an apply the controller has not made the ReplicaSet of the new template yet: "previous" would then go
 * back two releases (kubectl does). The caller asks again.
 */
export function requireObserved({ metadata, status }: Deployment): void {
  const { generation = 0 } = metadata
  const observed = status?.observedGeneration ?? 0
  if (observed >= generation) return
  throw new UnwindError(
    'TARGET_UNREACHABLE',
    `the Deployment controller has not observed generation ${generation} of deployment/${metadata.name} yet (it is at ${observed}); is the controller manager running?`,
    { observed, generation },
  )
}

/**
 * The present state: what an earlier step of the run leaves, else what the Deployment says. Throws TARGET_UNREACHABLE
 * while the controller has not made the ReplicaSet of the present template.
 */
export function standing(deployment: Deployment, all: readonly Candidate[], context: CallContext<unknown>): Standing {
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
