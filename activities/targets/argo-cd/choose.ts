import { UnwindError } from '../../../model/errors.ts'
import { lastGoodOf, type Ledger, type LedgerRelease, named } from '../../../model/service/facts.ts'
import type { Warning } from '../../../model/target.ts'
import {
  type Application,
  type Content,
  deployedBy,
  type Deployment,
  sameContent,
  shown,
} from '../../argo-cd/application.ts'

/** What was chosen, and what the reader of the plan should know about the choice. */
export interface Choice {
  content: Content
  /** The entry of the history; without one it is a sync to that revision. */
  id?: number
  warnings: Warning[]
  release?: string
}

/**
 * Resolves `to`. Throws NO_ROLLBACK_TARGET, naming what was looked for and what there is, and TARGET_UNREACHABLE where only
 * the ledger of releases could have told.
 */
export function choose(to: string | number, application: Application, ledger: Ledger | undefined): Choice {
  const { history } = application
  if (typeof to === 'number' || /^\d{1,6}$/.test(to)) {
    const entry = history.find(({ id }) => id === Number(to))
    if (entry) return ofEntry(entry)
    throw nothing(`deployment ${to}`, application)
  }
  if (to === 'previous') return ofEntry(previous(application, false))
  if (to === 'last-good') {
    const good = ledger && lastGoodOf(ledger)
    return good ? ofRelease(good, application) : guessed(application)
  }
  const found = ofRevision(to, application)
  if (found) return found
  const release = ledger && named(ledger, to)
  if (release) return ofRelease(release, application)
  const missing = nothing(`revision or release ${to}`, application)
  if (ledger) throw missing
  throw new UnwindError('TARGET_UNREACHABLE', `${missing.message}. The ledger of releases did not answer either`)
}

/** The way to a content that an earlier run has recorded. Throws NO_ROLLBACK_TARGET where there is none any more. */
export function wayTo(content: Content, application: Application): Choice {
  const entry = application.history.find((each) => sameContent(each, content))
  if (entry) return ofEntry(entry)
  const [revision = ''] = content.revisions
  if (content.source === application.source && canSyncTo(revision, application)) return { content, warnings: [] }
  throw nothing(`the recorded deployment of ${shown(content)}`, application)
}

function ofEntry({ id, revisions, source }: Deployment): Choice {
  return { content: { revisions, source }, id, warnings: [] }
}

/** By the whole revision or the beginning of a commit; the newest entry that has it counts. */
function ofRevision(to: string, application: Application): Choice | undefined {
  const begins = /^[0-9a-f]{7,40}$/.test(to)
  const has = ({ revisions }: Deployment) =>
    revisions.some((revision) => revision === to || (begins && revision.startsWith(to)))
  const entry = application.history.find(has)
  if (entry) return ofEntry(entry)
  if (!canSyncTo(to, application)) return undefined
  const message = `${application.name} has no deployment of ${to} in its history: it is synced to that revision with its present settings`
  const warnings = [{ code: 'NOT_IN_HISTORY', message, confirm: true }]
  return { content: { revisions: [to], source: application.source }, warnings }
}

/** A whole commit or the version of a chart, which mean one thing only, of an application with one source. */
function canSyncTo(revision: string, { sources }: Application): boolean {
  const [source, ...others] = sources as { chart?: string }[]
  if (others.length > 0) return false
  return source?.chart === undefined ? /^[0-9a-f]{40}$/.test(revision) : /^v?\d+\.\d+\.\d+/.test(revision)
}

/** The newest deployment with another content; `good` passes those over that a rollback has left. */
function previous(application: Application, good: boolean): Deployment {
  const { history } = application
  const deployed = deployedBy(application)
  const others = history.filter((entry) => !deployed || !sameContent(entry, deployed))
  const left = leftBehind(history)
  const found = (good ? others.find(({ id }) => !left.has(id)) : undefined) ?? others[0]
  if (found) return found
  throw nothing('an earlier deployment with another content', application)
}

/** A content that is deployed again was gone back to: what lies between was left. */
function leftBehind(history: readonly Deployment[]): Set<number> {
  const ids = history.flatMap((entry, index) => {
    const earlier = history.findIndex((other, place) => place > index && sameContent(other, entry))
    return earlier < 0 ? [] : history.slice(index + 1, earlier).map(({ id }) => id)
  })
  return new Set(ids)
}

function guessed(application: Application): Choice {
  const entry = previous(application, true)
  const message = `deployment ${entry.id} (${shown(entry)}) was taken as last-good: it is the one before, but no release is recorded that ran well with it`
  return { ...ofEntry(entry), warnings: [{ code: 'UNVERIFIED_TARGET', message, confirm: true }] }
}

function ofRelease({ version, commit }: LedgerRelease, application: Application): Choice {
  const found = commit === undefined ? undefined : ofRevision(commit, application)
  if (found) return { ...found, release: version }
  const recorded = commit === undefined ? 'no commit' : `commit ${commit.slice(0, 8)}`
  throw nothing(`release ${version}, of which the ledger names ${recorded}`, application)
}

function nothing(wanted: string, { name, history }: Application): UnwindError {
  const there = history.slice(0, 10).map((entry) => `${entry.id} (${shown(entry)}, ${entry.at})`)
  const listed = there.join(', ') || 'nothing'
  const message = `the history of ${name} does not have ${wanted}. It has: ${listed}. Name one of these`
  return new UnwindError('NO_ROLLBACK_TARGET', message, { wanted, ids: history.slice(0, 10).map(({ id }) => id) })
}
