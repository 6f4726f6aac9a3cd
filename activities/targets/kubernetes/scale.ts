import type { Warning } from '../../../model/target.ts'
import type { Autoscaler } from '../../kubernetes/autoscalers.ts'
import type { Deployment } from './objects.ts'

/** A rollback keeps the number of pods; with none, nothing can show that it worked. */
export function scaleWarnings(deployment: Deployment, autoscalers: readonly Autoscaler[]): Warning[] {
  const { name } = deployment.metadata
  const autoscaler = autoscalers.find(
    ({ spec }) => spec.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === name,
  )
  const warnings: Warning[] = []
  if (autoscaler)
    warnings.push({
      code: 'AUTOSCALED',
      message: `HorizontalPodAutoscaler ${autoscaler.metadata.name} sets the number of pods; the older release may need more of them`,
    })
  if (deployment.spec.replicas === 0) {
    const by = autoscaler?.spec.minReplicas === 0 ? `: ${autoscaler.metadata.name} may scale it to none` : ''
    const message = `deployment/${name} has 0 replicas${by}; no pod will prove that the rollback works`
    warnings.push({ code: 'ZERO_REPLICAS', message, confirm: true })
  }
  return warnings
}
