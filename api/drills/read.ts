import { lastDrill, lastDrills, readResults } from '../../activities/archive/drills.ts'
import type { Api } from '../context.ts'
import type { Family } from '../metrics/text.ts'
import type { DrillsDocument } from '../schemas/drills.ts'
import type { Place } from '../schemas/parameters.ts'
import { archiveOf } from './archive.ts'
import { runningDrills } from './running.ts'
import { readSchedule } from './schedule.ts'

const RESULTS = 50
/** Scrapers have the archive read once in that time. Milliseconds. */
const FRESH = 60_000

/** What is known of the drills of one service. Throws CONFIGURATION_INVALID, ARCHIVE_UNAVAILABLE, TEMPORAL_UNAVAILABLE. */
export async function readDrills(api: Api, place: Place): Promise<DrillsDocument> {
  const archive = archiveOf(api)
  const now = Date.now()
  const [results, last, found, running] = await Promise.all([
    readResults(archive, place, RESULTS, now),
    lastDrill(archive, place),
    readSchedule(api, place),
    runningDrills(api, place),
  ])
  if (!found) return { last, overdue: false, running: running.length > 0, results }
  const { since, ...schedule } = found
  return {
    last,
    overdue: now - (last?.at ?? since) > 2 * schedule.every,
    schedule,
    running: running.length > 0,
    results,
  }
}

/** When a drill of each service last passed, for an alert on absence. An archive that is away shows none. */
export function drillFamilies({ archive }: Api): (visible: readonly string[]) => Promise<Family[]> {
  let kept: { at: number; found: ReturnType<typeof lastDrills> } | undefined
  return async (visible) => {
    if (!archive) return []
    if (!kept || Date.now() - kept.at > FRESH) kept = { at: Date.now(), found: lastDrills(archive) }
    const found = await kept.found.catch(() => [])
    const seen = found.filter(({ environment }) => visible.includes('*') || visible.includes(environment))
    return [
      {
        name: 'unwind_drill_passed_timestamp_seconds',
        help: 'When a drill of the service last passed.',
        type: 'gauge',
        samples: seen.map(({ service, environment, at }) => ({ labels: { service, environment }, value: at / 1_000 })),
      },
    ]
  }
}
