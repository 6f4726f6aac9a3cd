import { UnwindError } from '../../model/errors.ts'
import type { Cluster } from './connect.ts'
import { list, type Metadata, type Place } from './objects.ts'

export interface Autoscaler {
  metadata: Metadata
  spec: { scaleTargetRef: { kind: string; name: string }; minReplicas?: number; maxReplicas?: number }
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
