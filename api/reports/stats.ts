import type { Archive } from '../../activities/archive/index.ts'
import { placeOfSummary, SUMMARIES, summariesSince } from '../../activities/archive/keys.ts'
import { UnwindError } from '../../model/errors.ts'
import { statsOf, windowStart } from '../../model/stats/stats.ts'
import type { RunSummary } from '../../model/stats/summary.ts'
import type { Api } from '../context.ts'
import { type StatsDocument, type StatsQuery, Summary } from '../schemas/stats.ts'

const PAGE = 1_000
/** Bounds on one question: keys that are looked through, runs that are read, and how many of them at once. */
const PAGES = 20
const RUNS = 2_000
const AT_ONCE = 16

/** Figures over the runs in the archive that the caller may see ('*': all). Throws NOT_FOUND without an archive. */
export async function readStats(
  { archive }: Api,
  { weeks, environment, service }: StatsQuery,
  visible: readonly string[],
): Promise<StatsDocument> {
  if (!archive)
    throw new UnwindError(
      'NOT_FOUND',
      'no archive is configured, so nothing is kept over time; set archive in unwind.yaml',
    )
  const now = Date.now()
  const { keys, whole } = await keysSince(archive, new Date(windowStart(now, weeks)).toISOString())
  const wanted = keys.filter((key) => {
    const place = placeOfSummary(key)
    if (!place || (environment && place.environment !== environment) || (service && place.service !== service))
      return false
    return visible.includes('*') || visible.includes(place.environment)
  })
  const runs = await readAll(archive, wanted.slice(-RUNS))
  return { ...statsOf(runs, now, weeks), truncated: !whole || wanted.length > RUNS }
}

async function keysSince(archive: Archive, since: string): Promise<{ keys: string[]; whole: boolean }> {
  const keys: string[] = []
  let after = summariesSince(since)
  for (let page = 0; page < PAGES; page++) {
    const found = await archive.list(SUMMARIES, PAGE, after)
    keys.push(...found)
    const last = found.at(-1)
    if (last === undefined || found.length < PAGE) return { keys, whole: true }
    after = last
  }
  return { keys, whole: false }
}

async function readAll(archive: Archive, keys: readonly string[]): Promise<RunSummary[]> {
  const runs: RunSummary[] = []
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    const read = await Promise.all(keys.slice(from, from + AT_ONCE).map((key) => archive.get(key)))
    runs.push(...read.flatMap((bytes) => summary(bytes)))
  }
  return runs
}

/** What is no summary of ours is left out: somebody else's file in the archive must not spoil the figures. */
function summary(bytes: Uint8Array | undefined): RunSummary[] {
  try {
    const read = Summary.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
    return read.success ? [read.data] : []
  } catch {
    return []
  }
}
