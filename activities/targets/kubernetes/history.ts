import { releaseOf } from '../../../model/service/ledger.ts'
import type { Ledger, LedgerRelease } from '../../../model/service/facts.ts'
import type { CallContext, Revision } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { clip } from '../../kubernetes/faults.ts'
import { type Deployment, type ReplicaSet, readDeployment, readReplicaSets } from './objects.ts'
import { placeOf } from './state.ts'
import { type Candidate, candidates, leftBehind, withTemplate } from './revision.ts'
import type { KubernetesStep } from './schema.ts'
import { templateHash } from './template.ts'

const REVISIONS = 50

/** The ReplicaSets that a Deployment controls, newest revision first. Which of them is verified the ledger tells alone. */
export async function history(step: KubernetesStep, context: CallContext<Cluster>): Promise<Revision[]> {
  const { connection, signal } = context
  const place = placeOf(step)
  const [{ object: deployment }, ledger] = await Promise.all([
    readDeployment(connection, place, signal),
    context.ledger?.(),
  ])
  return revisions(deployment, await readReplicaSets(connection, deployment, place.namespace, signal), ledger)
}

/** The same of ReplicaSets that were read already. */
export function revisions(deployment: Deployment, replicaSets: readonly ReplicaSet[], ledger?: Ledger): Revision[] {
  const all = candidates(replicaSets)
  const current = withTemplate(all, templateHash(deployment.spec.template))
  const left = leftBehind(deployment, all)
  return all
    .slice(0, REVISIONS)
    .map((candidate) => revision(candidate, { current: candidate === current, left: left.has(candidate.name), ledger }))
}

function revision(
  candidate: Candidate,
  { current, left, ledger }: { current: boolean; left: boolean; ledger: Ledger | undefined },
): Revision {
  const release = ledger && releaseOf(ledger.releases, candidate.images)
  const { creationTimestamp, annotations } = candidate.replicaSet.metadata
  const cause = annotations?.['kubernetes.io/change-cause']
  return {
    id: String(candidate.revision),
    title: candidate.images.join(', '),
    current,
    verified: release !== undefined && release.verified && !release.denied,
    ...(creationTimestamp && { createdAt: creationTimestamp }),
    details: {
      replicaSet: candidate.name,
      available: String(candidate.available),
      ...(candidate.earlier.length > 0 && { earlierNumbers: candidate.earlier.join(', ') }),
      ...(release && factsOfRelease(release)),
      ...(cause && { changeCause: withoutValues(cause) }),
      ...(left && { rolledBackFrom: 'true' }),
    },
  }
}

/** In the words that the facts of a release have in expressions. */
function factsOfRelease({ version, commit, deployedAt, migrations, denied }: LedgerRelease): Record<string, string> {
  return {
    ...{ version, deployedAt: new Date(deployedAt).toISOString() },
    ...(commit && { commit }),
    ...(migrations.length > 0 && { migrations: migrations.join(' ') }),
    ...(denied && { denied: 'true' }),
  }
}

/** `kubectl --record` writes whole command lines, `set env PASSWORD=…` among them. */
function withoutValues(cause: string): string {
  return clip(cause.replace(/=\S+/g, '=…'), 200)
}
