import { UnwindError } from '../../../model/errors.ts'
import type { Warning } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { list, type Metadata, type Place } from '../../kubernetes/objects.ts'
import { type Deployment } from './objects.ts'

export interface Autoscaler {
  metadata: Metadata
  spec: { scaleTargetRef: { kind: string; name: string }; minReplicas?: number }
}

/** The autoscalers of a namespace; undefined where the account may not list them. */
export async function readAutoscalers(
  cluster: Cluster,
  { namespace }: Place,
  signal: AbortSignal,
): Promise<Autoscaler[] | undefined> {
  const path = `/apis/autoscaling/v2/namespaces/${encodeURIComponent(namespace)}/horizontalpodautoscalers`
  const resource = 'horizontalpodautoscalers.autoscaling'
  try {
    return await list<Autoscaler>(cluster, { path, resource, namespace, signal })
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_FORBIDDEN') return undefined
    throw error
  }
}

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
