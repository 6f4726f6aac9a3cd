import type { Cluster } from '../../kubernetes/connect.ts'
import { isControlledBy } from '../../kubernetes/objects.ts'
import { type Candidate, newestFirst } from './candidate.ts'
import { ofControllerRevision, readControllerRevision, readControllerRevisions } from './controllerrevisions.ts'
import type { Spot, Workload } from './objects.ts'
import { readWorkloadPods } from './pods.ts'
import { ofReplicaSet, readReplicaSet, readReplicaSets } from './replicasets.ts'
import { keptBy, type WorkloadState } from './state.ts'

/** Everything that a workload can go back to, newest revision first: its ReplicaSets, or its ControllerRevisions. */
export async function readCandidates(
  cluster: Cluster,
  workload: Workload,
  spot: Spot,
  signal: AbortSignal,
): Promise<Candidate[]> {
  const { namespace } = spot
  if (spot.kind === 'Deployment')
    return newestFirst((await readReplicaSets(cluster, workload, namespace, signal)).map(ofReplicaSet))
  const [revisions, pods] = await Promise.all([
    readControllerRevisions(cluster, workload, namespace, signal),
    readWorkloadPods(cluster, workload, spot, signal),
  ])
  return newestFirst(revisions.flatMap((revision) => ofControllerRevision(revision, workload, spot, pods) ?? []))
}

/** The one that a state names; undefined when it names none, when it was pruned, and when it keeps something else by now. */
export async function readKept(
  cluster: Cluster,
  workload: Workload,
  spot: Spot,
  state: WorkloadState,
  signal: AbortSignal,
): Promise<Candidate | undefined> {
  const candidate = await readNamed(cluster, workload, spot, keptBy(state), signal)
  return candidate?.hash === state.templateHash ? candidate : undefined
}

async function readNamed(
  cluster: Cluster,
  workload: Workload,
  spot: Spot,
  name: string | null,
  signal: AbortSignal,
): Promise<Candidate | undefined> {
  if (name === null) return undefined
  const { uid } = workload.metadata
  const place = { namespace: spot.namespace, name }
  if (spot.kind === 'Deployment') {
    const found = await readReplicaSet(cluster, place, signal)
    return found && isControlledBy(found.metadata, uid) ? ofReplicaSet(found) : undefined
  }
  const found = await readControllerRevision(cluster, place, signal)
  return found && isControlledBy(found.metadata, uid) ? ofControllerRevision(found, workload, spot) : undefined
}
