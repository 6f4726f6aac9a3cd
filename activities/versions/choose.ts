import { UnwindError } from '../../model/errors.ts'
import { lastGoodOf, type Ledger, type LedgerRelease, named } from '../../model/service/facts.ts'
import type { Warning } from '../../model/target.ts'
import { sameContent } from './content.ts'
import { type Item, presentOf, type Version } from './item.ts'

/** What was chosen, and what the reader of the plan should know about the choice. */
export interface Choice {
  version: Version
  warnings: Warning[]
  /** The release that ran with it. */
  release?: string
}

/** As many versions are looked into for one that differs from the present one. */
const DEPTH = 10

/**
 * Resolves `to`. Throws NO_ROLLBACK_TARGET, naming what was looked for and what there is, and TARGET_UNREACHABLE where only
 * the ledger of releases could have told.
 */
export async function choose(to: string | number, item: Item, ledger: Ledger | undefined): Promise<Choice> {
  if (typeof to === 'number' || /^\d+$/.test(to)) return byNumber(Number(to), item)
  if (to === 'previous') return { version: await previous(item), warnings: [] }
  if (to === 'last-good') {
    const good = ledger && lastGoodOf(ledger)
    return good ? ofRelease(good, item, ledger) : guessed(item)
  }
  const labelled = item.versions.find(({ labels, gone }) => gone === undefined && labels.includes(to))
  if (labelled) return { version: labelled, warnings: [] }
  const release = ledger && named(ledger, to)
  if (release) return ofRelease(release, item, ledger)
  const missing = nothing(`label or release ${to}`, item)
  if (ledger) throw missing
  throw new UnwindError('TARGET_UNREACHABLE', `${missing.message}. The ledger of releases did not answer either`)
}

function byNumber(wanted: number, item: Item): Choice {
  const version = item.versions.find(({ version: number, gone }) => number === wanted && gone === undefined)
  if (version) return { version, warnings: [] }
  throw nothing(`version ${wanted}`, item)
}

/** The newest earlier one that holds something else: one that a rollback has written again changes nothing. */
async function previous(item: Item): Promise<Version> {
  const present = presentOf(item)
  const here = await item.content(present.version)
  for (const version of item.versions.slice(1, 1 + DEPTH)) {
    const there = version.gone === undefined ? await item.content(version.version) : undefined
    if (here && there && !sameContent(here, there)) return version
  }
  throw nothing('an earlier version with another content', item)
}

async function guessed(item: Item): Promise<Choice> {
  const version = await previous(item)
  const message = `version ${version.version} of ${item.name} was taken as last-good: it is the one before, but no release is recorded that ran well with it`
  return { version, warnings: [{ code: 'UNVERIFIED_TARGET', message, confirm: true }] }
}

/**
 * What was the present version when the release was deployed. Versions that came while it ran may be what kept it well, or
 * what broke it: a person knows.
 */
function ofRelease({ version: release, deployedAt }: LedgerRelease, item: Item, { releases }: Ledger): Choice {
  const version = item.versions.find(({ at }) => Date.parse(at) <= deployedAt)
  if (!version || version.gone !== undefined)
    throw nothing(`the version that release ${release} was deployed with (${new Date(deployedAt).toISOString()})`, item)
  const next = Math.min(...releases.map((other) => other.deployedAt).filter((time) => time > deployedAt))
  const during = item.versions.filter(({ at }) => Date.parse(at) > deployedAt && Date.parse(at) <= next)
  if (during.length === 0) return { version, warnings: [], release }
  const later = during.map(({ version: number, at }) => `${number} (${at})`).join(', ')
  const message = `release ${release} was deployed with version ${version.version} of ${item.name}, and ran with ${later} too, up to the next release; ask for a number to get another`
  return { version, warnings: [{ code: 'CHANGED_WHILE_IT_RAN', message, confirm: true }], release }
}

function nothing(wanted: string, { name, versions }: Item): UnwindError {
  const known = versions.slice(0, 10).map(({ version, at, gone }) => `${version} (${gone ?? at})`)
  return new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${name} does not have ${wanted}; there is ${known.join(', ')}. Name one of these, or write the old content by hand`,
    { wanted, versions: versions.slice(0, 10).map(({ version }) => version) },
  )
}
