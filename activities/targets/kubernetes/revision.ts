import { UnwindError } from '../../../model/errors.ts'
import type { Warning } from '../../../model/target.ts'
import type { Ledger } from '../../../model/service/facts.ts'
import { ofVersion, verifiedOf } from './ledger.ts'
import type { Deployment, ReplicaSet } from './objects.ts'
import type { DeploymentState } from './state.ts'
import { images, parts, templateHash } from './template.ts'

/** One thing that a Deployment can go back to: a ReplicaSet that it controls. */
export interface Candidate {
  replicaSet: ReplicaSet
  name: string
  revision: number
  /** Numbers that this ReplicaSet had before; rolling back to one gives it a new number. */
  earlier: number[]
  images: string[]
  hash: string
  available: number
}

/** What was chosen, and what the reader of the plan should know about the choice. */
export interface Choice {
  candidate: Candidate
  warnings: Warning[]
}

/** The annotation by which a rollback says which ReplicaSet it left; the controller copies it to the one it went to. */
export const LEFT = 'unwind.dev/rolled-back-from'

const REVISION = 'deployment.kubernetes.io/revision'
const EARLIER = 'deployment.kubernetes.io/revision-history'

/** The ReplicaSets of a Deployment, newest revision first. */
export function candidates(replicaSets: readonly ReplicaSet[]): Candidate[] {
  return replicaSets
    .map((replicaSet) => ({
      replicaSet,
      name: replicaSet.metadata.name,
      revision: Number(replicaSet.metadata.annotations?.[REVISION] ?? 0),
      earlier: (replicaSet.metadata.annotations?.[EARLIER] ?? '').split(',').filter(Boolean).map(Number),
      images: images(replicaSet.spec.template),
      hash: templateHash(replicaSet.spec.template),
      available: replicaSet.status?.availableReplicas ?? 0,
    }))
    .sort((a, b) => b.revision - a.revision || (a.name < b.name ? -1 : 1))
}

/**
 * The candidate that keeps this template. As the controller does, the oldest one where several keep the same
 * (kubernetes pkg/controller/deployment/util FindNewReplicaSet).
 */
export function withTemplate(all: readonly Candidate[], hash: string): Candidate | undefined {
  const created = (candidate: Candidate) => candidate.replicaSet.metadata.creationTimestamp ?? ''
  return all.filter((candidate) => candidate.hash === hash).sort((a, b) => (created(a) < created(b) ? -1 : 1))[0]
}

/**
 * Resolves `to`. `current` is where the Deployment stands, which need not be the highest number; `ledger` is what is
 * recorded of the service's releases, undefined where it did not answer. Throws NO_ROLLBACK_TARGET, naming what was
 * looked for and what there is, and TARGET_UNREACHABLE where only the ledger could have told.
 */
export function choose(
  to: string | number,
  all: readonly Candidate[],
  current: Candidate | undefined,
  ledger: Ledger | undefined,
): Choice {
  const earlier = all.filter((candidate) => candidate !== current && before(candidate, current))
  if (to === 'previous') return previous(earlier, all, current)
  if (to === 'last-good') {
    const verified = verifiedOf(earlier, ledger)
    return verified ? { candidate: verified, warnings: [] } : lastGood(earlier, all, current)
  }
  const recordedAs = typeof to === 'string' ? ofVersion(to, all, ledger) : undefined
  if (recordedAs) return { candidate: recordedAs, warnings: [] }
  const byName = typeof to === 'string' ? byImage(to, all) : undefined
  const choice = byName ?? byNumber(Number(to), all)
  if (choice) return choice
  const missing = nothing(
    `${typeof to === 'number' ? 'revision' : 'release, image, tag, digest or revision'} ${to}`,
    all,
    current,
  )
  if (ledger || typeof to === 'number') throw missing
  throw new UnwindError('TARGET_UNREACHABLE', `${missing.message}. The ledger of releases did not answer either`)
}

/** The state that an earlier run or an earlier step recorded. Throws NO_ROLLBACK_TARGET when it was pruned since. */
export function recorded(state: DeploymentState, all: readonly Candidate[], current: Candidate | undefined): Candidate {
  const named = all.find((candidate) => candidate.name === state.replicaSet && candidate.hash === state.templateHash)
  const found = named ?? withTemplate(all, state.templateHash)
  if (found) return found
  throw nothing(`ReplicaSet ${state.replicaSet ?? '(none)'} with the recorded template`, all, current)
}

/** Names of ReplicaSets that some rollback left. */
export function leftBehind(deployment: Deployment, all: readonly Candidate[]): Set<string> {
  const marks = [deployment.metadata, ...all.map((candidate) => candidate.replicaSet.metadata)]
  return new Set(marks.flatMap(({ annotations }) => annotations?.[LEFT] ?? []))
}

function before(candidate: Candidate, current: Candidate | undefined): boolean {
  return current === undefined || candidate.revision < current.revision
}

function previous(earlier: readonly Candidate[], all: readonly Candidate[], current: Candidate | undefined): Choice {
  const [candidate] = earlier
  if (!candidate) throw nothing('a revision before the present one', all, current)
  const serving = earlier.find((other) => other.available > 0)
  if (candidate.available > 0 || !serving) return { candidate, warnings: [] }
  const message = `revision ${candidate.revision} has no pod that is available, while the older revision ${serving.revision} still serves: the previous release is probably bad too; ask for ${serving.revision} or last-good`
  return { candidate, warnings: [{ code: 'PREVIOUS_NOT_SERVING', message, confirm: true }] }
}

/**
 * Where the ledger knows of no verified release this is a guess and says so: the newest earlier revision that
 * serves now (the rollout of the bad one got stuck), else the newest earlier one that no rollback has left.
 */
function lastGood(earlier: readonly Candidate[], all: readonly Candidate[], current: Candidate | undefined): Choice {
  const left = new Set(all.flatMap((candidate) => candidate.replicaSet.metadata.annotations?.[LEFT] ?? []))
  const serving = earlier.find((candidate) => candidate.available > 0)
  const candidate = serving ?? earlier.find(({ name }) => !left.has(name)) ?? earlier[0]
  if (!candidate) throw nothing('an earlier revision', all, current)
  const because = serving
    ? 'it still serves, but nothing recorded that it was healthy'
    : 'it is the newest earlier one, but nothing recorded that it was healthy'
  const message = `revision ${candidate.revision} (${candidate.images.join(', ')}) was taken as last-good: ${because}`
  return { candidate, warnings: [{ code: 'UNVERIFIED_TARGET', message, confirm: true }] }
}

function byNumber(wanted: number, all: readonly Candidate[]): Choice | undefined {
  const candidate = all.find(({ revision }) => revision === wanted && revision > 0)
  if (candidate) return { candidate, warnings: [] }
  const moved = all.find(({ earlier }) => earlier.includes(wanted))
  if (!moved) return undefined
  const message = `revision ${wanted} is now called revision ${moved.revision} (${moved.name})`
  return { candidate: moved, warnings: [{ code: 'REVISION_MOVED', message }] }
}

function byImage(wanted: string, all: readonly Candidate[]): Choice | undefined {
  const matching = all.filter((candidate) => candidate.images.some((image) => names(wanted, image)))
  const [candidate, ...others] = matching
  if (!candidate || others.length === 0) return candidate && { candidate, warnings: [] }
  const rest = others.map(({ revision }) => revision).join(', ')
  const message = `revisions ${candidate.revision}, ${rest} all run ${wanted}; the newest was taken, ask for a number to get another`
  return { candidate, warnings: [{ code: 'AMBIGUOUS_TARGET', message }] }
}

/** Whether the words name this image: the whole reference, its tag, or its digest. */
function names(wanted: string, image: string): boolean {
  const { tag, digest } = parts(image)
  return wanted === image || wanted === tag || wanted === digest
}

function nothing(wanted: string, all: readonly Candidate[], current: Candidate | undefined): UnwindError {
  const list = all.slice(0, 10).map((candidate) => {
    const here = candidate === current ? ', present' : ''
    return `${candidate.revision} (${candidate.images.join(', ')}${here})`
  })
  const known = list.length > 0 ? `it keeps ${list.join('; ')}` : 'it keeps no ReplicaSet'
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `the Deployment does not have ${wanted}; ${known}. Name one of these, or deploy a good release forward`,
    { wanted, revisions: all.slice(0, 10).map(({ revision }) => revision) },
  )
}
