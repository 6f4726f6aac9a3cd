import { UnwindError } from '../../model/errors.ts'
import type { CallContext, Warning } from '../../model/target.ts'
import { type Autoscaler, readAutoscalers } from './autoscalers.ts'
import type { Cluster } from './connect.ts'
import { list, type Metadata, type Place } from './objects.ts'
import type { Owner } from './owner.ts'

/** What is scaled, and the manifest that grants to ask for it. */
export interface Scaled extends Place {
  kind: string
  /** As a step writes it: statefulset/db. */
  workload: string
  rights: string
}

/** Whatever chooses the number of pods by itself. */
export interface Scalers {
  /** The autoscaler of this workload, which does nothing while there are zero pods, and goes on afterwards. */
  autoscaler: Autoscaler | undefined
  /** What would scale it up from zero. */
  owner: Owner | undefined
  unread: string[]
}

interface ScaledObject {
  metadata: Metadata
  spec?: { scaleTargetRef?: { kind?: string; name?: string } }
}

/** Reads what scales a workload. A CronJob and a Job are scaled by nothing. */
export async function readScalers(spot: Scaled, { connection, signal }: CallContext<Cluster>): Promise<Scalers> {
  if (['CronJob', 'Job'].includes(spot.kind)) return { autoscaler: undefined, owner: undefined, unread: [] }
  const [autoscalers, scaled] = await Promise.all([
    readAutoscalers(connection, spot, signal),
    readScaledObjects(connection, spot, signal),
  ])
  const autoscaler = autoscalers?.find(
    ({ spec }) => spec.scaleTargetRef.kind === spot.kind && spec.scaleTargetRef.name === spot.name,
  )
  const unread = [
    ...(autoscalers ? [] : ['horizontalpodautoscalers.autoscaling']),
    ...(scaled ? [] : ['scaledobjects.keda.sh']),
  ]
  return { autoscaler, owner: keda(autoscaler, scaled ?? [], spot) ?? fromZero(autoscaler), unread }
}

/** The autoscaler of Kubernetes leaves a workload with zero pods alone; what it does then is not what one sees now. */
export function scalerWarnings({ autoscaler }: Scalers, spot: Pick<Scaled, 'workload'>): Warning[] {
  if (!autoscaler) return []
  const message = `HorizontalPodAutoscaler ${autoscaler.metadata.name} sets the number of pods of ${spot.workload}; it rests while there are none, and the number that is found then is brought back`
  return [{ code: 'AUTOSCALED', message }]
}

function keda(autoscaler: Autoscaler | undefined, scaled: ScaledObject[], spot: Scaled): Owner | undefined {
  const claims = ({ spec }: ScaledObject) =>
    spec?.scaleTargetRef?.name === spot.name && (spec.scaleTargetRef.kind ?? 'Deployment') === spot.kind
  const made = autoscaler?.metadata.ownerReferences?.find(({ kind }) => kind === 'ScaledObject')
  const name = scaled.find(claims)?.metadata.name ?? made?.name
  if (name === undefined) return undefined
  const instead = `pause it at zero: kubectl annotate scaledobject ${name} -n ${spot.namespace} autoscaling.keda.sh/paused-replicas=0`
  return { system: 'KEDA scaled object', name, instead }
}

/** With minReplicas 0 it acts on external metrics at zero pods too (kubernetes, HPAScaleToZero). */
function fromZero(autoscaler: Autoscaler | undefined): Owner | undefined {
  if (autoscaler?.spec.minReplicas !== 0) return undefined
  const { name } = autoscaler.metadata
  return { system: 'HorizontalPodAutoscaler', name, instead: 'set its minReplicas to 1 first' }
}

/** undefined where the account may not list them; a cluster without KEDA has none. */
async function readScaledObjects(
  cluster: Cluster,
  { namespace, rights }: Scaled,
  signal: AbortSignal,
): Promise<ScaledObject[] | undefined> {
  const path = `/apis/keda.sh/v1alpha1/namespaces/${encodeURIComponent(namespace)}/scaledobjects`
  try {
    return await list(cluster, { path, resource: 'scaledobjects.keda.sh', namespace, rights, signal })
  } catch (error) {
    if (!(error instanceof UnwindError)) throw error
    if (error.code === 'TARGET_FORBIDDEN') return undefined
    if (error.code === 'TARGET_NOT_FOUND') return []
    throw error
  }
}
