import { UnwindError } from '../../../model/errors.ts'
import { isVerified, type Ledger, named } from '../../../model/service/facts.ts'
import { sameImages } from '../../../model/service/images.ts'
import type { Warning } from '../../../model/target.ts'
import { imagesOf, itemsOf } from '../../kubernetes/manifest.ts'
import { type Release, type ReleaseRecord, readRecord, sameContent, type Shelf, wasDeployed } from './records.ts'

/** What was chosen, and what the reader of the plan should know about the choice. */
export interface Choice {
  record: ReleaseRecord
  warnings: Warning[]
}

/** So many revisions are looked into for a good one or a version. */
const DEPTH = 30

/**
 * Resolves `to`. Throws NO_ROLLBACK_TARGET, naming what was looked for and what there is, and TARGET_UNREACHABLE where only
 * the ledger of releases could have told.
 */
export async function choose(
  to: string | number,
  release: Release,
  shelf: Shelf,
  ledger: Ledger | undefined,
): Promise<Choice> {
  if (typeof to === 'number' || /^\d+$/.test(to)) return byNumber(Number(to), release, shelf)
  const earlier = await readEarlier(release, shelf)
  const others = earlier.filter((record) => !sameContent(record, release.last))
  if (to === 'previous') return previous(others, release)
  if (to === 'last-good') return lastGood(others, earlier, release, shelf, ledger)
  return byVersion(to, earlier, release, shelf, ledger)
}

/** The record of a state of an earlier run. Throws NO_ROLLBACK_TARGET when it was pruned since. */
export async function recorded(
  { record, revision }: { record: string; revision: number },
  release: Release,
  shelf: Shelf,
): Promise<ReleaseRecord> {
  const entry = release.entries.find(({ uid }) => uid === record)
  const found = entry && (await readRecord(shelf, entry))
  if (found) return found
  throw nothing(`the recorded revision ${revision}`, release)
}

/** Deployed once and before the last revision, newest first. */
async function readEarlier({ entries, last }: Release, shelf: Shelf): Promise<ReleaseRecord[]> {
  const earlier = entries.filter((entry) => wasDeployed(entry) && entry.revision < last.revision).slice(0, DEPTH)
  const records = await Promise.all(earlier.map((entry) => readRecord(shelf, entry)))
  return records.flatMap((record) => record ?? [])
}

async function byNumber(wanted: number, release: Release, shelf: Shelf): Promise<Choice> {
  const entry = release.entries.find(({ revision }) => revision === wanted)
  const record = entry && (await readRecord(shelf, entry))
  if (!record) throw nothing(`revision ${wanted}`, release)
  if (wasDeployed(record)) return { record, warnings: [] }
  const message = `revision ${wanted} is ${record.status}: it was never deployed whole, so nothing shows that it works`
  return { record, warnings: [{ code: 'UNVERIFIED_TARGET', message, confirm: true }] }
}

function previous([record]: readonly ReleaseRecord[], release: Release): Choice {
  if (!record) throw nothing('an earlier revision with another content that was deployed', release)
  return { record, warnings: [] }
}

/** Where the ledger knows of no verified release this is a guess and says so: the newest one that no rollback has left. */
function lastGood(
  others: readonly ReleaseRecord[],
  earlier: readonly ReleaseRecord[],
  release: Release,
  shelf: Shelf,
  ledger: Ledger | undefined,
): Choice {
  const images = (record: ReleaseRecord) => imagesOf(itemsOf(record.manifest, shelf.place.namespace))
  const verified = ledger && others.find((record) => isVerified(ledger, images(record)))
  if (verified) return { record: verified, warnings: [] }
  const left = leftBehind([release.last, ...earlier])
  const record = others.find((other) => !left.has(other.revision)) ?? others[0]
  if (!record) throw nothing('an earlier revision with another content that was deployed', release)
  const message = `revision ${record.revision} (${record.chart.name} ${record.chart.version}) was taken as last-good: it is the newest earlier one that was deployed, but nothing recorded that it was healthy`
  return { record, warnings: [{ code: 'UNVERIFIED_TARGET', message, confirm: true }] }
}

/** Revisions that a rollback has left: whatever stood right before a record that says `Rollback to`. */
export function leftBehind(records: readonly ReleaseRecord[]): Set<number> {
  const rollbacks = records.filter(({ description }) => description.startsWith('Rollback to '))
  const numbers = rollbacks.flatMap((rollback) => {
    const before = records.filter(({ revision }) => revision < rollback.revision).map(({ revision }) => revision)
    return before.length > 0 ? [Math.max(...before)] : []
  })
  return new Set(numbers)
}

function byVersion(
  wanted: string,
  earlier: readonly ReleaseRecord[],
  release: Release,
  shelf: Shelf,
  ledger: Ledger | undefined,
): Choice {
  const known = ledger && named(ledger, wanted)
  const images = (record: ReleaseRecord) => imagesOf(itemsOf(record.manifest, shelf.place.namespace))
  const all = [release.last, ...earlier]
  const shipped = known ? all.filter((record) => sameImages(images(record), known.images)) : []
  const versioned = all.filter(({ chart }) => chart.appVersion === wanted || chart.version === wanted)
  const matching = shipped.length > 0 ? shipped : versioned
  const [record, ...rest] = matching
  if (!record) {
    const missing = nothing(`a revision of version ${wanted}`, release)
    if (ledger) throw missing
    throw new UnwindError('TARGET_UNREACHABLE', `${missing.message}. The ledger of releases did not answer either`)
  }
  const different = rest.filter((other) => !sameContent(other, record))
  if (different.length === 0) return { record, warnings: [] }
  const numbers = [record, ...different].map(({ revision }) => revision).join(', ')
  const message = `revisions ${numbers} are all of version ${wanted} and differ; the newest was taken, ask for a number to get another`
  return { record, warnings: [{ code: 'AMBIGUOUS_TARGET', message, confirm: true }] }
}

function nothing(wanted: string, { entries, last }: Release): UnwindError {
  const known = entries.slice(0, 10).map(({ revision, status }) => `${revision} (${status})`)
  const stuck = last.revision === 1 && last.status !== 'deployed'
  const advice = stuck ? 'uninstall it and install it anew' : 'Name one of these, or deploy a good release forward'
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `the release does not have ${wanted}; Helm keeps ${known.join(', ')}. ${advice}`,
    { wanted, revisions: entries.slice(0, 10).map(({ revision }) => revision) },
  )
}
