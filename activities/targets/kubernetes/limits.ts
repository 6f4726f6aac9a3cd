import { milliseconds } from '../../../model/duration.ts'
import type { Plan } from '../../../model/target.ts'
import type { Spot, Workload } from './objects.ts'
import type { KubernetesStep } from './schema.ts'

/** Room for reads and writes themselves; what a rollout may take comes from the workload. In milliseconds. */
const APPLY_LIMIT = 60_000
const LONGEST_ROLLOUT = 60 * 60_000
/** What a Deployment says that says nothing, in seconds. The other kinds know no such limit; a pod of them gets as long. */
const DEFAULT_DEADLINE = 600

/** How long each verb may take. A Deployment that is paused again waits for its pods within apply. */
export function limits(workload: Workload, spot: Spot, step: KubernetesStep, repausing: boolean): Plan['limits'] {
  const rollout = longest(workload, spot)
  return {
    // A pod that would hold up an ordered StatefulSet is watched for a while before it is deleted.
    apply: APPLY_LIMIT * (spot.kind === 'StatefulSet' ? 3 : 1) + (repausing ? rollout : 0),
    verify: rollout + milliseconds(step.soak) + APPLY_LIMIT,
  }
}

function longest({ spec, status }: Workload, { kind }: Spot): number {
  const deadline = (spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE) * 1_000
  const pods = kind === 'StatefulSet' ? (spec.replicas ?? 1) : (status?.desiredNumberScheduled ?? 1)
  // The deadline counts from the last progress, so a rollout in several waves may take longer than one of them.
  const waves = kind === 'Deployment' ? 2 : Math.max(2, pods)
  return Math.min(waves * deadline, LONGEST_ROLLOUT)
}
