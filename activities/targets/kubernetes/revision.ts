import { UnwindError } from '../../../model/errors.ts'
import type { Warning } from '../../../model/target.ts'
import type { Ledger } from '../../../model/service/facts.ts'
import { type Candidate, leftBehind, withTemplate } from './candidate.ts'
import { ofVersion, verifiedOf } from './ledger.ts'
import type { Spot } from '../../kubernetes/workloads.ts'
import type { Workload } from './objects.ts'
import { keptBy, type WorkloadState } from './state.ts'
import { parts } from './template.ts'

/** What was chosen, and what the reader of the plan should know about the choice. */
export interface Choice {
  candidate: Candidate
  warnings: Warning[]
}

/** What one can choose from. */
export interface Choices {
  spot: Pick<Spot, 'kind'>
  workload: Pick<Workload, 'metadata'> & { spec: Pick<Workload['spec'], 'revisionHistoryLimit'> }
  /** Newest revision first. */
  all: readonly Candidate[]
  /** Where the workload stands, which need not be the highest number. */
  current: Candidate | undefined
  /** What is recorded of the service's releases; undefined where it did not answer. */
  ledger?: Ledger | undefined
}

/**
 * Resolves `to`. Throws NO_ROLLBACK_TARGET, naming what was looked for and what there is, and TARGET_UNREACHABLE where
 * only the ledger could have told.
 */
export function choose(to: string | number, choices: Choices): Choice {
  const { all, current, ledger } = choices
  const earlier = all.filter((candidate) => candidate !== current && before(candidate, current))
  if (to === 'previous') return previous(earlier, choices)
  if (to === 'last-good') {
    const verified = verifiedOf(earlier, ledger)
    return verified ? { candidate: verified, warnings: [] } : lastGood(earlier, choices)
  }
  const recordedAs = typeof to === 'string' ? ofVersion(to, all, ledger) : undefined
  if (recordedAs) return { candidate: recordedAs, warnings: [] }
  const byName = typeof to === 'string' ? byImage(to, all) : undefined
  const choice = byName ?? byNumber(Number(to), all)
  if (choice) return choice
  const missing = nothing(
    `${typeof to === 'number' ? 'revision' : 'release, image, tag, digest or revision'} ${to}`,
    choices,
  )
  if (ledger || typeof to === 'number') throw missing
  throw new UnwindError('TARGET_UNREACHABLE', `${missing.message}. The ledger of releases did not answer either`)
}

/** The state that an earlier run or an earlier step recorded. Throws NO_ROLLBACK_TARGET when it was pruned since. */
export function recorded(state: WorkloadState, choices: Choices): Candidate {
  const { all, spot } = choices
  const kept = keptBy(state)
  const named = all.find(({ name, hash }) => name === kept && hash === state.templateHash)
  const found = named ?? withTemplate(all, state.templateHash)
  if (found) return found
  throw nothing(`${keeperOf(spot)} ${kept ?? '(none)'} with the recorded template`, choices)
}

/** What keeps the templates of such a workload. */
export function keeperOf({ kind }: Pick<Spot, 'kind'>): string {
  return kind === 'Deployment' || kind === 'Rollout' ? 'ReplicaSet' : 'ControllerRevision'
}

function before(candidate: Candidate, current: Candidate | undefined): boolean {
  return current === undefined || candidate.revision < current.revision
}

function previous(earlier: readonly Candidate[], choices: Choices): Choice {
  const [candidate] = earlier
  if (!candidate) throw nothing('a revision before the present one', choices)
  const serving = earlier.find(serves)
  if (serves(candidate) || !serving) return { candidate, warnings: [] }
  const message = `revision ${candidate.revision} has no pod that is available, while the older revision ${serving.revision} still serves: the previous release is probably bad too; ask for ${serving.revision} or last-good`
  return { candidate, warnings: [{ code: 'PREVIOUS_NOT_SERVING', message, confirm: true }] }
}

/**
 * Where the ledger knows of no verified release this is a guess and says so: the newest earlier revision that
 * serves now (the rollout of the bad one got stuck), else the newest earlier one that no rollback has left.
 */
function lastGood(earlier: readonly Candidate[], choices: Choices): Choice {
  const left = leftBehind(choices.workload, choices.all)
  const serving = earlier.find(serves)
  const candidate = serving ?? earlier.find(({ name }) => !left.has(name)) ?? earlier[0]
  if (!candidate) throw nothing('an earlier revision', choices)
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

function serves({ available = 0 }: Candidate): boolean {
  return available > 0
}

function nothing(wanted: string, { all, current, spot, workload }: Choices): UnwindError {
  const list = all.slice(0, 10).map((candidate) => {
    const here = candidate === current ? ', present' : ''
    return `${candidate.revision} (${candidate.images.join(', ')}${here})`
  })
  const known = list.length > 0 ? `it keeps ${list.join('; ')}` : `it keeps no ${keeperOf(spot)}`
  const because = workload.spec.revisionHistoryLimit === 0 ? ', because its revisionHistoryLimit is 0' : ''
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `the ${spot.kind} does not have ${wanted}; ${known}${because}. Name one of these, or deploy a good release forward`,
    { wanted, revisions: all.slice(0, 10).map(({ revision }) => revision) },
  )
}
