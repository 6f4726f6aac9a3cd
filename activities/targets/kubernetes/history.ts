import { releaseOf } from '../../../model/service/ledger.ts'
import type { Ledger, LedgerRelease } from '../../../model/service/facts.ts'
import type { CallContext, Revision } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { clip } from '../../kubernetes/faults.ts'
import { type Candidate, leftBehind, withTemplate } from './candidate.ts'
import { readCandidates } from './kept.ts'
import { readWorkload, type Spot, spotOf, type Workload } from './objects.ts'
import type { KubernetesStep } from './schema.ts'
import { templateHash } from './template.ts'

const REVISIONS = 50

/** What a workload can go back to, newest revision first. Which of them is verified the ledger tells alone. */
export async function history(step: KubernetesStep, context: CallContext<Cluster>): Promise<Revision[]> {
  const { connection, signal } = context
  const spot = spotOf(step)
  const [{ object: workload }, ledger] = await Promise.all([readWorkload(connection, spot, signal), context.ledger?.()])
  return revisions(workload, await readCandidates(connection, workload, spot, signal), spot, ledger)
}

/** The same of candidates that were read already. */
export function revisions(
  workload: Workload,
  all: readonly Candidate[],
  { kind }: Pick<Spot, 'kind'>,
  ledger?: Ledger,
): Revision[] {
  const current = withTemplate(all, templateHash(workload.spec.template))
  const left = leftBehind(workload, all)
  const keeper = kind === 'Deployment' ? 'replicaSet' : 'controllerRevision'
  return all
    .slice(0, REVISIONS)
    .map((candidate) => revision(candidate, { keeper, current: candidate === current, left, ledger }))
}

interface Known {
  /** What a kept template is kept by. */
  keeper: string
  current: boolean
  left: Set<string>
  ledger: Ledger | undefined
}

function revision(candidate: Candidate, { keeper, current, left, ledger }: Known): Revision {
  const { name, available, createdAt, annotations } = candidate
  const release = ledger && releaseOf(ledger.releases, candidate.images)
  const cause = annotations['kubernetes.io/change-cause']
  return {
    id: String(candidate.revision),
    title: candidate.images.join(', '),
    current,
    verified: release !== undefined && release.verified && !release.denied,
    ...(createdAt && { createdAt }),
    details: {
      [keeper]: name,
      ...(available !== undefined && { available: String(available) }),
      ...(candidate.earlier.length > 0 && { earlierNumbers: candidate.earlier.join(', ') }),
      ...(release && factsOfRelease(release)),
      ...(cause && { changeCause: withoutValues(cause) }),
      ...(left.has(name) && { rolledBackFrom: 'true' }),
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
