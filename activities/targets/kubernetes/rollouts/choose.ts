import { UnwindError } from '../../../../model/errors.ts'
import type { Ledger } from '../../../../model/service/facts.ts'
import type { Choice } from '../revision.ts'
import { choose as chooseAny } from '../revision.ts'
import { verifiedOf } from '../ledger.ts'
import type { RolloutRevision } from './revisions.ts'
import type { Sight } from './rollout.ts'
import type { ArgoRolloutsStep } from './schema.ts'
import type { RolloutState } from './state.ts'

/** A revision that was chosen, and what the reader of the plan should know about the choice. */
export type RolloutChoice = Choice & { candidate: RolloutRevision }

/** What one can choose from. */
interface Choices {
  sight: Sight
  all: readonly RolloutRevision[]
  current: RolloutRevision | undefined
  ledger: Ledger | undefined
}

/**
 * Resolves `to`. While an update is in progress the last good revision is the stable one, which still serves. Throws
 * NO_ROLLBACK_TARGET, naming what there is, and TARGET_UNREACHABLE where only the ledger could have told.
 */
export function choose(to: ArgoRolloutsStep['to'], choices: Choices): RolloutChoice {
  const { sight, all, current, ledger } = choices
  const { spot, rollout } = sight
  const stable = all.find(({ hash }) => hash !== '' && hash === rollout.status?.stableRS)
  if (to === 'stable') return { candidate: stable ?? noStable(sight), warnings: [] }
  const earlier = all.filter(({ revision }) => current === undefined || revision < current.revision)
  if (to === 'last-good' && stable && stable !== current && !verifiedOf(earlier, ledger)) return unverified(stable)
  const chosen = chooseAny(to, { spot, workload: rollout, all, current, ledger }) as RolloutChoice
  if (to !== 'previous' || !stable || stable === current || chosen.candidate === stable) return chosen
  const message = `the stable revision is ${stable.revision} (${stable.images.join(', ')}), not the previous one, ${chosen.candidate.revision}, whose update never became stable: ask for stable instead`
  return { ...chosen, warnings: [{ code: 'PREVIOUS_NOT_STABLE', message, confirm: true }] }
}

function unverified(stable: RolloutRevision): RolloutChoice {
  const message = `revision ${stable.revision} (${stable.images.join(', ')}) was taken as last-good: it is the stable one, but nothing recorded that it was healthy`
  return { candidate: stable, warnings: [{ code: 'UNVERIFIED_TARGET', message }] }
}

function noStable({ spot: { workload, namespace } }: Sight): never {
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `no ReplicaSet keeps a stable revision of ${workload} in ${namespace}; name a revision or an image`,
  )
}

/** The revision of a recorded state. Throws NO_ROLLBACK_TARGET when it was pruned since. */
export function recorded({ replicaSet, podHash }: RolloutState, { sight, all }: Choices): RolloutRevision {
  const found =
    all.find(({ name, hash }) => name === replicaSet && hash === podHash) ?? all.find(({ hash }) => hash === podHash)
  if (found) return found
  const kept = all.slice(0, 10).map(({ revision, images }) => `${revision} (${images.join(', ')})`)
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${sight.spot.workload} keeps no ReplicaSet ${replicaSet ?? 'of the recorded state'}; it keeps ${kept.join('; ') || 'none'}. Name one of these, or deploy a good release forward`,
  )
}
