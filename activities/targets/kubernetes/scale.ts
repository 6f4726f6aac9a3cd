import type { Warning } from '../../../model/target.ts'
import type { Autoscaler } from '../../kubernetes/autoscalers.ts'
import type { Spot } from '../../kubernetes/workloads.ts'
import type { Workload } from './objects.ts'

/** A rollback keeps the number of pods; with none, nothing can show that it worked. */
export function scaleWarnings(
  {
    spec,
    status,
  }: {
    spec: Pick<Workload['spec'], 'replicas'>
    status?: Pick<NonNullable<Workload['status']>, 'desiredNumberScheduled'>
  },
  { kind, name, workload }: Pick<Spot, 'kind' | 'name' | 'workload'>,
  autoscalers: readonly Autoscaler[],
): Warning[] {
  if (kind === 'DaemonSet') {
    if (status?.desiredNumberScheduled !== 0) return []
    const message = `${workload} belongs on no node now; no pod will prove that the rollback works`
    return [{ code: 'ZERO_REPLICAS', message, confirm: true }]
  }
  const autoscaler = autoscalers.find(
    ({ spec: { scaleTargetRef: target } }) => target.kind === kind && target.name === name,
  )
  const warnings: Warning[] = []
  if (autoscaler)
    warnings.push({
      code: 'AUTOSCALED',
      message: `HorizontalPodAutoscaler ${autoscaler.metadata.name} sets the number of pods${most(autoscaler, spec.replicas)}`,
    })
  if (spec.replicas === 0) {
    const by = autoscaler?.spec.minReplicas === 0 ? `: ${autoscaler.metadata.name} may scale it to none` : ''
    const message = `${workload} has 0 replicas${by}; no pod will prove that the rollback works`
    warnings.push({ code: 'ZERO_REPLICAS', message, confirm: true })
  }
  return warnings
}

/** An older release may need more pods for the same load. */
function most({ spec: { minReplicas = 1, maxReplicas = 0 } }: Autoscaler, replicas = 1): string {
  const range = maxReplicas > 0 ? ` (${minReplicas} to ${maxReplicas})` : ''
  if (maxReplicas > 0 && replicas >= maxReplicas)
    return `${range} and is at its most; an older release that needs more gets none before that is raised`
  return `${range}; the older release may need more of them`
}
