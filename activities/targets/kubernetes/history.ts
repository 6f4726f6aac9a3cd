import type { CallContext, Revision } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { clip } from '../../kubernetes/faults.ts'
import { type Deployment, type ReplicaSet, readDeployment, readReplicaSets } from './objects.ts'
import { placeOf } from './state.ts'
import { type Candidate, candidates, leftBehind, withTemplate } from './revision.ts'
import type { KubernetesStep } from './schema.ts'
import { templateHash } from './template.ts'

const REVISIONS = 50

/** The ReplicaSets that a Deployment controls, newest revision first. None counts as verified: Kubernetes keeps no proof. */
export async function history(step: KubernetesStep, context: CallContext<Cluster>): Promise<Revision[]> {
  const { connection, signal } = context
  const place = placeOf(step)
  const { object: deployment } = await readDeployment(connection, place, signal)
  return revisions(deployment, await readReplicaSets(connection, deployment, place.namespace, signal))
}

/** The same of ReplicaSets that were read already. */
export function revisions(deployment: Deployment, replicaSets: readonly ReplicaSet[]): Revision[] {
  const all = candidates(replicaSets)
  const current = withTemplate(all, templateHash(deployment.spec.template))
  const left = leftBehind(deployment, all)
  return all
    .slice(0, REVISIONS)
    .map((candidate) => revision(candidate, candidate === current, left.has(candidate.name)))
}

function revision(candidate: Candidate, current: boolean, left: boolean): Revision {
  const { creationTimestamp, annotations } = candidate.replicaSet.metadata
  const cause = annotations?.['kubernetes.io/change-cause']
  return {
    id: String(candidate.revision),
    title: candidate.images.join(', '),
    current,
    verified: false,
    ...(creationTimestamp && { createdAt: creationTimestamp }),
    details: {
      replicaSet: candidate.name,
      available: String(candidate.available),
      ...(candidate.earlier.length > 0 && { earlierNumbers: candidate.earlier.join(', ') }),
      ...(cause && { changeCause: withoutValues(cause) }),
      ...(left && { rolledBackFrom: 'true' }),
    },
  }
}

/** `kubectl --record` writes whole command lines, `set env PASSWORD=…` among them. */
function withoutValues(cause: string): string {
  return clip(cause.replace(/=\S+/g, '=…'), 200)
}
