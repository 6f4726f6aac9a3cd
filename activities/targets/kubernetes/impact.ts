import type { Deployment } from './objects.ts'

const DEFAULT_SHARE = '25%'

/**
 * What a rollout means for the capacity while it lasts, by the Deployment's own strategy. Bounds are resolved as
 * Kubernetes does (ResolveFenceposts in pkg/controller/deployment/util): a share of unavailable pods is rounded down, one
 * of additional pods up, and where both come to none, one pod may be unavailable.
 */
export function impactOf({ spec }: Deployment): string[] {
  const { replicas = 1, strategy } = spec
  if (replicas === 0) return []
  const pods = replicas === 1 ? 'the only replica' : `all ${replicas} replicas`
  if (strategy?.type === 'Recreate') return [`${pods} end before the first new pod starts: no capacity until then`]
  const { surge, unavailable } = bounds(replicas, strategy?.rollingUpdate)
  const most = replicas + surge
  return [`${pods} are replaced: at least ${replicas - unavailable} stay available, at most ${most} run at once`]
}

/** Whether the rollout ends no old pod before a new one is ready: where no new one can be made, it stands still. */
export function waitsForNewPods({ spec: { replicas = 1, strategy } }: Deployment): boolean {
  return strategy?.type !== 'Recreate' && bounds(replicas, strategy?.rollingUpdate).unavailable === 0
}

type Bounds = NonNullable<Deployment['spec']['strategy']>['rollingUpdate']

function bounds(
  replicas: number,
  { maxUnavailable = DEFAULT_SHARE, maxSurge = DEFAULT_SHARE }: Bounds = {},
): { surge: number; unavailable: number } {
  const surge = resolved(maxSurge, replicas, Math.ceil)
  const unavailable = resolved(maxUnavailable, replicas, Math.floor) || (surge === 0 ? 1 : 0)
  return { surge, unavailable: Math.min(replicas, unavailable) }
}

function resolved(value: number | string, replicas: number, round: (share: number) => number): number {
  const percent = /^(\d+)%$/.exec(String(value))?.[1]
  return percent === undefined ? Number(value) || 0 : round((replicas * Number(percent)) / 100)
}
