import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { list, type Metadata, selectorText } from '../../kubernetes/objects.ts'
import { isAt } from './apply.ts'
import type { KubernetesScaleStep } from './schema.ts'
import { type ScaleState, spoken } from './state.ts'
import {
  hasEnded,
  isSuspended,
  readWorkload,
  RIGHTS,
  scaleOf,
  type Spot,
  spotOf,
  type Workload,
  zeroOf,
} from './workload.ts'

type Judgement = Verdict | (Again & { evidence: Evidence })

const LOOK = 500
const NAMED = 5

/** Is it at this scale, and is nothing of it left running at zero, or all of it ready otherwise? */
export async function verify(
  step: KubernetesScaleStep,
  state: ScaleState,
  context: CallContext<Cluster>,
): Promise<Judgement> {
  const spot = spotOf(step)
  const [workload] = await Promise.all([existing(spot, context), context.connection.identity(context.signal)])
  if (!workload) return verdict('fail', `${spot.workload} in ${spot.namespace} does not exist any more`)
  if (!isAt(workload, state, spot))
    return verdict('fail', `${spot.workload} has ${spoken(scaleOf(workload, spot))}, not ${spoken(state.scale)}`)
  if ((workload.status?.observedGeneration ?? 0) < (workload.metadata.generation ?? 0) && !isSuspended(spot))
    return wait('its controller has not seen the change yet')
  if (hasEnded(workload, spot)) return verdict('pass', `${spot.workload} has ended, and never runs again`)
  return state.scale === zeroOf(spot) ? stopped(workload, spot, context) : started(workload, spot)
}

/** A pod that is being deleted still runs, and may write until it has ended. */
async function stopped(workload: Workload, spot: Spot, { connection, signal }: CallContext<Cluster>) {
  if (spot.kind === 'CronJob') return jobsEnded(workload, spot)
  const { namespace } = spot
  const pods = await list<{ metadata: Metadata; status?: { phase?: string } }>(connection, {
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
    resource: 'pods',
    namespace,
    query: { labelSelector: selectorText(workload.spec.selector ?? {}) },
    rights: RIGHTS,
    signal,
  })
  const running = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
  if (running.length === 0) return verdict('pass', `no pod of ${spot.workload} is left`)
  const names = running.slice(0, NAMED).map(({ metadata }) => metadata.name)
  return wait(`${running.length} pods of ${spot.workload} have not ended yet: ${names.join(', ')}`)
}

function jobsEnded({ status }: Workload, { workload }: Spot): Judgement {
  const active = Array.isArray(status?.active) ? status.active : []
  if (active.length === 0) return verdict('pass', `${workload} is suspended, and no Job of it runs`)
  const names = active.slice(0, NAMED).flatMap(({ name }) => name ?? [])
  return wait(`${active.length} Jobs of ${workload} still run: ${names.join(', ')}`)
}

function started(workload: Workload, spot: Spot): Judgement {
  if (spot.kind === 'CronJob') return verdict('pass', `${spot.workload} starts Jobs again`)
  if (spot.kind === 'Job') return restarted(workload, spot)
  const wanted = workload.spec.replicas ?? 1
  const ready = workload.status?.readyReplicas ?? 0
  if (ready >= wanted) return verdict('pass', `${ready} of ${wanted} pods of ${spot.workload} are ready`)
  return wait(`${ready} of ${wanted} pods of ${spot.workload} are ready`)
}

/** Whether its pods will end well is for the Job itself to show; that it has some is what was asked for. */
function restarted({ status }: Workload, { workload }: Spot): Judgement {
  const active = typeof status?.active === 'number' ? status.active : 0
  return active > 0 ? verdict('pass', `${workload} runs again: ${active} pods`) : wait(`${workload} has no pod yet`)
}

function wait(doing: string): Judgement {
  return { again: LOOK, doing, evidence: { summary: doing } }
}

function verdict(status: Verdict['status'], summary: string): Verdict {
  return { status, evidence: { summary } }
}

async function existing(spot: Spot, { connection, signal }: CallContext<Cluster>): Promise<Workload | undefined> {
  try {
    return await readWorkload(connection, spot, signal)
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_NOT_FOUND') return undefined
    throw error
  }
}
