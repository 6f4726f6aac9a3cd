import { lastDrill, lastDrills, readResults } from '../../activities/archive/drills.ts'
import type { Api } from '../context.ts'
import type { Family } from '../metrics/text.ts'
import type { DrillsDocument } from '../schemas/drills.ts'
import type { Place } from '../schemas/parameters.ts'
import { bounded } from '../temporal/call.ts'
import { archiveOf } from './archive.ts'
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
    isRunning(api, place),
  ])
  if (!found) return { last, overdue: false, running, results }
  const { since, ...schedule } = found
  return { last, overdue: now - (last?.at ?? since) > 2 * schedule.every, schedule, running, results }
}

/** One that was started by hand, or one of the schedule's, whose workflow ids end in a time. */
async function isRunning(api: Api, { environment, service }: Place): Promise<boolean> {
  const conditions = ['WorkflowType = "drill"', 'ExecutionStatus = "Running"']
  const query = [...conditions, `UnwindEnvironment = "${environment}"`, `UnwindService = "${service}"`].join(' AND ')
  const { namespace } = api.client.options
  const { count } = await bounded(api.client, () =>
    api.client.workflowService.countWorkflowExecutions({ namespace, query }),
  )
  return Number(count) > 0
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
