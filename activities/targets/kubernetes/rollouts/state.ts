import { UnwindError } from '../../../../model/errors.ts'
import type { State } from '../../../../model/target.ts'

/**
 * What Unwind knows of a Rollout: which object, and which revision by the ReplicaSet that keeps it. A template is no part
 * of it: the API server fills in defaults in a ReplicaSet that a Rollout lacks, so only the controller tells whether two
 * are the same, by the hash.
 */
export interface RolloutState extends State {
  uid: string
  /** null where the controller refuses the spec, so that nothing keeps it. */
  replicaSet: string | null
  podHash: string | null
  /** Of abort and retry: whether the update to this revision is aborted. */
  aborted?: boolean
  /** Of promote-full, and of an undo by it: whether this revision is stable, or is made so at once. */
  promoted?: boolean
}

/** A state that was recorded by an earlier run or step, or INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): RolloutState {
  const { uid, replicaSet, podHash, aborted, promoted } = state
  if (typeof uid === 'string' && isName(replicaSet) && isName(podHash) && isFlag(aborted) && isFlag(promoted))
    return {
      ...{ uid, replicaSet, podHash },
      ...(aborted !== undefined && { aborted }),
      ...(promoted !== undefined && { promoted }),
    }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of a Rollout')
}

function isName(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function isFlag(value: unknown): value is boolean | undefined {
  return value === undefined || typeof value === 'boolean'
}
