import type { Amount, Spot, Workload } from './objects.ts'

const DEFAULT_SHARE = '25%'

/** What a rollout means for the capacity while it lasts, by the workload's own strategy. */
export function impactOf(workload: Workload, { kind }: Pick<Spot, 'kind'>): string[] {
  if (kind === 'Deployment') return ofDeployment(workload)
  if (capacityOf(workload, { kind }).replicas === 0) return []
  if (workload.spec.updateStrategy?.type === 'OnDelete') return ['no pod ends before somebody deletes it (OnDelete)']
  return kind === 'DaemonSet' ? ofDaemonSet(workload) : ofStatefulSet(workload)
}

/** How many pods there are to be, how many stay available while they are replaced, and how many more run at once. */
export interface Capacity {
  replicas: number
  available: number
  surge: number
}

/** The same as numbers. Nothing is lost by itself with OnDelete. */
export function capacityOf(workload: Workload, { kind }: Pick<Spot, 'kind'>): Capacity {
  const { spec, status } = workload
  const replicas = kind === 'DaemonSet' ? (status?.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1)
  if (kind === 'Deployment') {
    if (spec.strategy?.type === 'Recreate') return { replicas, available: 0, surge: 0 }
    const { surge, unavailable } = bounds(replicas, spec.strategy?.rollingUpdate)
    return { replicas, available: replicas - unavailable, surge }
  }
  if (spec.updateStrategy?.type === 'OnDelete') return { replicas, available: replicas, surge: 0 }
  const { maxUnavailable = 1, maxSurge = 0, partition = 0 } = spec.updateStrategy?.rollingUpdate ?? {}
  const surge = kind === 'DaemonSet' ? resolved(maxSurge, replicas, Math.ceil) : 0
  const missing = surge > 0 ? 0 : Math.max(1, resolved(maxUnavailable, replicas, Math.ceil))
  return { replicas, available: replicas - Math.min(missing, Math.max(0, replicas - partition)), surge }
}

/**
 * Bounds are resolved as Kubernetes does (ResolveFenceposts in pkg/controller/deployment/util): a share of unavailable
 * pods is rounded down, one of additional pods up, and where both come to none, one pod may be unavailable.
 */
function ofDeployment(workload: Workload): string[] {
  const { replicas, available, surge } = capacityOf(workload, { kind: 'Deployment' })
  if (replicas === 0) return []
  const pods = replicas === 1 ? 'the only replica' : `all ${replicas} replicas`
  if (workload.spec.strategy?.type === 'Recreate')
    return [`${pods} end before the first new pod starts: no capacity until then`]
  return [`${pods} are replaced: at least ${available} stay available, at most ${replicas + surge} run at once`]
}

/** One at a time unless it says otherwise, from the highest ordinal down; the name of a pod is free only once it has ended. */
function ofStatefulSet(workload: Workload): string[] {
  const { replicas, available } = capacityOf(workload, { kind: 'StatefulSet' })
  const { partition = 0 } = workload.spec.updateStrategy?.rollingUpdate ?? {}
  const moving = Math.max(0, replicas - partition)
  if (moving === 0) return [`no pod is replaced: partition ${partition} holds back all ${replicas}`]
  if (replicas === 1) return ['the only replica ends before its successor starts: no capacity until then']
  return [
    `${moving} of ${replicas} replicas are replaced, the highest ordinal first, ${replicas - available} at a time`,
  ]
}

/** One node at a time unless it says otherwise (pkg/controller/daemon/util: both shares are rounded up). */
function ofDaemonSet(workload: Workload): string[] {
  const { replicas: nodes, available, surge } = capacityOf(workload, { kind: 'DaemonSet' })
  const pods = `the pods of all ${nodes} nodes are replaced`
  if (surge > 0) return [`${pods}, ${surge} at a time, each once its successor is ready`]
  return [`${pods}: up to ${nodes - available} nodes at a time have none`]
}

/** Whether the rollout ends no old pod before a new one is ready: where no new one can be made, it stands still. */
export function waitsForNewPods({ spec: { replicas = 1, strategy } }: Workload): boolean {
  return strategy?.type !== 'Recreate' && bounds(replicas, strategy?.rollingUpdate).unavailable === 0
}

type Bounds = NonNullable<Workload['spec']['strategy']>['rollingUpdate']

function bounds(
  replicas: number,
  { maxUnavailable = DEFAULT_SHARE, maxSurge = DEFAULT_SHARE }: Bounds = {},
): { surge: number; unavailable: number } {
  const surge = resolved(maxSurge, replicas, Math.ceil)
  const unavailable = resolved(maxUnavailable, replicas, Math.floor) || (surge === 0 ? 1 : 0)
  return { surge, unavailable: Math.min(replicas, unavailable) }
}

function resolved(value: Amount, replicas: number, round: (share: number) => number): number {
  const percent = /^(\d+)%$/.exec(String(value))?.[1]
  return percent === undefined ? Number(value) || 0 : round((replicas * Number(percent)) / 100)
}
