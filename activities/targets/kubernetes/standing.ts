import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import { type Candidate, withTemplate } from './candidate.ts'
import type { Spot, Workload } from './objects.ts'
import { keeperOf, recorded } from './revision.ts'
import { parseState, stateOf, type WorkloadState } from './state.ts'
import { templateHash } from './template.ts'

/** Where a workload is when a plan begins. */
export interface Standing {
  state: WorkloadState
  candidate: Candidate | undefined
  workload: Workload
}

/**
 * Right after an apply the controller has not kept the new template yet: "previous" would then go back two releases
 * (kubectl does). The caller asks again.
 */
export function requireObserved({ metadata, status }: Workload, { kind, workload }: Spot): void {
  const { generation = 0 } = metadata
  const observed = status?.observedGeneration ?? 0
  if (observed >= generation) return
  throw new UnwindError(
    'TARGET_UNREACHABLE',
    `the ${kind} controller has not observed generation ${generation} of ${workload} yet (it is at ${observed}); is the controller manager running?`,
    { observed, generation },
  )
}

/**
 * The present state: what an earlier step of the run leaves, else what the workload says. Throws TARGET_UNREACHABLE
 * while the controller has not kept the present template.
 */
export function standing(
  workload: Workload,
  all: readonly Candidate[],
  spot: Spot,
  context: CallContext<unknown>,
): Standing {
  if (context.assumed) {
    const state = parseState(context.assumed, spot)
    return { state, candidate: recorded(state, { spot, workload, all, current: undefined }), workload }
  }
  const hash = templateHash(workload.spec.template)
  const candidate = withTemplate(all, hash)
  const paused = workload.spec.paused === true
  if (!candidate && !paused && !creationFailed(workload))
    throw new UnwindError(
      'TARGET_UNREACHABLE',
      `${spot.workload} has no ${keeperOf(spot)} for its present template yet; is the controller manager running?`,
    )
  return { state: stateOf(spot, workload.metadata.uid, hash, candidate, paused), candidate, workload }
}

/** A quota or an admission plug-in can keep the controller from making the ReplicaSet for good. */
function creationFailed({ status }: Workload): boolean {
  return (status?.conditions ?? []).some(
    ({ type, reason }) => type === 'Progressing' && reason === 'ReplicaSetCreateError',
  )
}
