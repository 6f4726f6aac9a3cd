import type { Plan, Warning } from '../../../model/target.ts'
import { isVerified, type Ledger, lostLines, named } from '../../../model/service/facts.ts'
import { releaseOf } from '../../../model/service/ledger.ts'
import { sameImages } from '../../../model/service/images.ts'
import type { Candidate } from './candidate.ts'

/** The newest of these that the ledger knows to work; undefined where it knows of none. */
export function verifiedOf(earlier: readonly Candidate[], ledger: Ledger | undefined): Candidate | undefined {
  return ledger && earlier.find(({ images }) => isVerified(ledger, images))
}

/** The newest one that runs what the ledger has recorded under this version. */
export function ofVersion(
  version: string,
  all: readonly Candidate[],
  ledger: Ledger | undefined,
): Candidate | undefined {
  const release = ledger && named(ledger, version)
  return release && all.find(({ images }) => sameImages(images, release.images))
}

/** A version that was denied may be gone back to, by whoever says so. */
export function deniedWarnings({ revision, images }: Candidate, ledger: Ledger | undefined): Warning[] {
  const release = ledger && releaseOf(ledger.releases, images)
  if (!release?.denied) return []
  const message = `revision ${revision} is release ${release.version}, which is on the list of the denied`
  return [{ code: 'DENIED_TARGET', message, confirm: true }]
}

/** What a plan says with the help of the ledger: which release it leads to, and what goes away with the move. */
export function recordedIn(
  ledger: Ledger | undefined,
  from: readonly string[],
  to: readonly string[],
): Pick<Plan, 'artifacts' | 'release' | 'lost'> {
  const artifacts = { from: [...from], to: [...to] }
  if (!ledger) return { artifacts }
  const matching = ledger.releases.filter(({ images }) => sameImages(to, images))
  const versions = [...new Set(matching.map(({ version }) => version))]
  // An image that several releases share does not tell which of them is meant.
  const [release] = versions.length === 1 ? versions : []
  const lost = lostLines(ledger, from, to)
  return { artifacts, ...(release !== undefined && { release }), ...(lost.length > 0 && { lost }) }
}
