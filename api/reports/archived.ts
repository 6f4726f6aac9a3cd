import { type Archive } from '../../activities/archive/index.ts'
import { reportsOf, runOf } from '../../activities/archive/keys.ts'
import { UnwindError } from '../../model/errors.ts'
import { type Report, report } from '../../model/report/index.ts'
import type { Api } from '../context.ts'
import { readRollback } from '../rollbacks/read.ts'
import type { Place } from '../schemas/parameters.ts'
import { ReportDocument } from '../schemas/report.ts'

const PAGE = 1_000
/** So many pages of keys are looked through at the most; a run keeps five keys, so these are 4,000 runs of one service. */
const PAGES = 20

/**
 * The report of a rollback: made from its record while Temporal has that, else the one in the archive. A run that is
 * named is found there too while Temporal is away. Throws what reading the rollback throws where neither has it.
 */
export async function readReport(api: Api, place: Place, run: string | undefined): Promise<Report> {
  try {
    return report(await readRollback(api, place, run))
  } catch (error) {
    if (!api.archive || !mayBeArchived(error, run)) throw error
    const archived = await archivedReport(api.archive, place, run)
    if (!archived) throw error
    return archived
  }
}

/** Without a run the last one is meant, and only Temporal knows which that is. */
function mayBeArchived(error: unknown, run: string | undefined): boolean {
  if (!(error instanceof UnwindError)) return false
  return error.code === 'NOT_FOUND' || (error.code === 'TEMPORAL_UNAVAILABLE' && run !== undefined)
}

async function archivedReport(archive: Archive, place: Place, run: string | undefined): Promise<Report | undefined> {
  const key = await keyOf(archive, place, run)
  const kept = key && (await archive.get(key))
  if (!kept) return undefined
  const read = ReportDocument.safeParse(parsed(kept))
  if (read.success) return read.data
  throw new UnwindError(
    'ARCHIVE_UNAVAILABLE',
    `${archive.locate(key)} is no report of this version; look at it by hand`,
  )
}

/** The key of this run's report, or of the latest; keys are sorted by time. */
async function keyOf(archive: Archive, place: Place, run: string | undefined): Promise<string | undefined> {
  let latest: string | undefined
  let after: string | undefined
  for (let page = 0; page < PAGES; page++) {
    const keys = await archive.list(reportsOf(place), PAGE, after)
    const reports = keys.filter((key) => runOf(key) !== undefined)
    const found = run === undefined ? undefined : reports.find((key) => runOf(key) === run)
    if (found) return found
    latest = reports.at(-1) ?? latest
    after = keys.at(-1)
    if (keys.length < PAGE) break
  }
  return run === undefined ? latest : undefined
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
