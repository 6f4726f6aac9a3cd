import type { CallContext, Revision } from '../../../../model/target.ts'
import { releaseOf } from '../../../../model/service/ledger.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { leftBehind } from '../candidate.ts'
import { readRevisions, type RolloutRevision } from './revisions.ts'
import { look, type Rollout, spotOf } from './rollout.ts'
import type { ArgoRolloutsStep } from './schema.ts'

const REVISIONS = 50

/** What a Rollout can go back to, newest revision first, and which of them is stable. */
export async function history(step: ArgoRolloutsStep, context: CallContext<Cluster>): Promise<Revision[]> {
  const { connection, signal } = context
  const [sight, ledger] = await Promise.all([look(connection, spotOf(step), signal), context.ledger?.()])
  const all = await readRevisions(connection, sight, signal)
  const left = leftBehind(sight.rollout, all)
  return all.slice(0, REVISIONS).map((revision) => {
    const { name, images, createdAt, available = 0, earlier, hash } = revision
    const release = ledger && releaseOf(ledger.releases, images)
    return {
      id: String(revision.revision),
      title: images.join(', '),
      current: hash !== '' && hash === sight.rollout.status?.currentPodHash,
      verified: release !== undefined && release.verified && !release.denied,
      ...(createdAt && { createdAt }),
      details: {
        ...{ replicaSet: name, available: String(available) },
        ...roleOf(revision, sight.rollout),
        ...(earlier.length > 0 && { earlierNumbers: earlier.join(', ') }),
        ...(release && { version: release.version, ...(release.denied && { denied: 'true' }) }),
        ...(left.has(name) && { rolledBackFrom: 'true' }),
      },
    }
  })
}

function roleOf({ hash }: RolloutRevision, { status = {} }: Rollout): { role?: string } {
  if (hash === '' || hash === status.stableRS) return hash === '' ? {} : { role: 'stable' }
  if (hash !== status.currentPodHash) return {}
  return { role: status.abort === true ? 'aborted' : 'in progress' }
}
