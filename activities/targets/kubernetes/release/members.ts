import { UnwindError } from '../../../../model/errors.ts'
import type { CallContext, State } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { list, type Metadata, selectorText } from '../../../kubernetes/objects.ts'
import type { KubernetesStep } from '../schema.ts'
import { parseState, type WorkloadState } from '../state.ts'
import { spotOf } from '../objects.ts'
import { type KubernetesReleaseStep, MOST } from './schema.ts'

/** The state of each workload, in the order in which they go back. */
export interface ReleaseState extends State {
  workloads: { workload: string; state: WorkloadState }[]
  /**
   * Each is waited for before the next one moves. Not so on the way back to what a plan came from: that may be broken, and
   * all of it is brought back, the last one first.
   */
  waits?: true
}

/** The step for one of the workloads, as if it stood alone. */
export function alone(
  { workloads: _workloads, selector: _selector, ...step }: KubernetesReleaseStep,
  workload: string,
): KubernetesStep {
  return { ...step, kind: 'kubernetes', workload }
}

/** A state that was recorded by an earlier run or step, or INVALID_REQUEST when it is not one of several workloads. */
export function parseRelease({ workloads }: State, namespace: string | undefined): ReleaseState {
  if (!Array.isArray(workloads) || workloads.length > MOST) throw strange()
  return {
    workloads: workloads.map((entry: unknown) => {
      const { workload, state } = (entry ?? {}) as { workload?: unknown; state?: unknown }
      if (typeof workload !== 'string' || typeof state !== 'object' || state === null) throw strange()
      return { workload, state: parseState(state as State, spotOf({ workload, namespace })) }
    }),
  }
}

function strange(): UnwindError {
  return new UnwindError('INVALID_REQUEST', 'the recorded state is not one of several Kubernetes workloads')
}

/**
 * The workloads that a step means: those that it names, those of the state that it goes back to exactly, or those that
 * bear the labels now. Throws NO_ROLLBACK_TARGET when none does, TARGET_REJECTED for too many.
 */
export async function membersOf(step: KubernetesReleaseStep, context: CallContext<Cluster>): Promise<string[]> {
  const { towards } = context
  if (towards) return parseRelease(towards, step.namespace).workloads.map(({ workload }) => workload)
  if (step.workloads) return [...new Set(step.workloads.map((workload) => spotOf({ ...step, workload }).workload))]
  const found = await selected(step, context)
  const labels = selectorText({ matchLabels: step.selector ?? {} })
  if (found.length === 0)
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `no Deployment, StatefulSet or DaemonSet in ${step.namespace} has the labels ${labels}; name them as workloads`,
    )
  if (found.length <= MOST) return found
  throw new UnwindError(
    'TARGET_REJECTED',
    `${found.length} workloads in ${step.namespace} have the labels ${labels}, and at most ${MOST} go back in one step; select fewer`,
  )
}

async function selected(step: KubernetesReleaseStep, { connection, signal }: CallContext<Cluster>): Promise<string[]> {
  const labelSelector = selectorText({ matchLabels: step.selector ?? {} })
  const lists = (['deployment', 'statefulset', 'daemonset'] as const).map(async (kind) => {
    const { path, resource, namespace } = spotOf({ ...step, workload: `${kind}/all` })
    const found = await list<{ metadata: Metadata }>(connection, {
      ...{ path: path.slice(0, path.lastIndexOf('/')), resource, namespace, signal },
      query: { labelSelector },
    })
    return found.map(({ metadata }) => `${kind}/${metadata.name}`).toSorted()
  })
  return (await Promise.all(lists)).flat()
}
