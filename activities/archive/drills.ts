import { z } from 'zod'
import type { DrillResult, LastDrill } from '../../model/drill/result.ts'
import { type ErrorCode, isErrorCode } from '../../model/errors.ts'
import type { RunState } from '../../model/run.ts'
import { type Archive, LIST_LIMIT } from './archive.ts'
import { drillKey, drillsOf, drillsSince, LAST_DRILLS, lastDrillKey } from './keys.ts'

/** Results that are listed: those of a year, which are at most nine pages at one drill an hour. */
const YEAR = 365 * 24 * 60 * 60_000
const PAGES = 20
/** Objects that are read at the same time. */
const AT_ONCE = 20
/** The most services whose last drill is read for the metrics. */
const SERVICES = 2_000
const SEEN_LIMIT = 300

interface Place {
  environment: string
  service: string
}

const Result = z.object({
  runId: z.string(),
  service: z.string(),
  environment: z.string(),
  runbook: z.string().exactOptional(),
  procedure: z.string().exactOptional(),
  startedAt: z.number(),
  took: z.number(),
  passed: z.boolean(),
  problem: z.object({ code: z.custom<ErrorCode>(isErrorCode), message: z.string() }).exactOptional(),
  steps: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      took: z.number().exactOptional(),
      seen: z.string().exactOptional(),
    }),
  ),
  left: z.array(z.string()).exactOptional(),
}) satisfies z.ZodType<DrillResult>

/**
 * Keeps how a drill ended, and of one that passed that it is the last. A function of the record, so that doing it again
 * keeps the same bytes; an earlier drill never takes the place of a later one.
 */
export async function keepDrill(archive: Archive, state: RunState): Promise<{ location: string }> {
  const result = resultOf(state)
  const bytes = new TextEncoder().encode(JSON.stringify(result))
  const run = { ...result, startedAt: new Date(result.startedAt).toISOString() }
  const kept = await archive.put(drillKey(run, result.passed), bytes, 'application/json')
  if (!result.passed) return kept
  const last = await readDrill(archive, lastDrillKey(result))
  if (!last || last.startedAt < result.startedAt) await archive.put(lastDrillKey(result), bytes, 'application/json')
  return kept
}

/** The last drill of a service that passed; null where none ever has. Throws ARCHIVE_UNAVAILABLE. */
export async function lastDrill(archive: Archive, place: Place): Promise<LastDrill | null> {
  const result = await readDrill(archive, lastDrillKey(place))
  return result ? { at: result.startedAt + result.took, took: result.took } : null
}

/** Results of the last year, the newest first. Throws ARCHIVE_UNAVAILABLE. */
export async function readResults(archive: Archive, place: Place, limit: number, now: number): Promise<DrillResult[]> {
  const after = drillsSince(place, new Date(now - YEAR).toISOString())
  const keys = (await keysOf(archive, drillsOf(place), after)).slice(-limit).toReversed()
  return readAll(archive, keys)
}

/** When the last drill of each service passed: epoch milliseconds. Throws ARCHIVE_UNAVAILABLE. */
export async function lastDrills(archive: Archive): Promise<(Place & { at: number })[]> {
  const keys = (await keysOf(archive, LAST_DRILLS)).slice(0, SERVICES)
  const found = await readAll(archive, keys)
  return found.map(({ environment, service, startedAt, took }) => ({ environment, service, at: startedAt + took }))
}

function resultOf({ drill, problem, steps, runbook, procedure, ...state }: RunState): DrillResult {
  const failed = drill?.problem ?? problem
  const { runId, service, environment, startedAt } = state
  const left = steps.filter(({ begun, status }) => begun && status !== 'compensated').map(({ title }) => title)
  return {
    ...{ runId, service, environment, startedAt, passed: drill?.took !== undefined && !failed },
    took: drill?.took ?? (state.endedAt ?? startedAt) - startedAt,
    ...(runbook && { runbook: runbook.name }),
    ...(procedure !== undefined && { procedure }),
    ...(failed && { problem: { code: failed.code, message: failed.message } }),
    steps: steps.map(({ id, title, startedAt: from, endedAt: to, verdict }) => ({
      ...{ id, title },
      ...(from !== undefined && to !== undefined && { took: to - from }),
      ...(verdict && { seen: verdict.evidence.summary.slice(0, SEEN_LIMIT) }),
    })),
    ...(left.length > 0 && { left }),
  }
}

async function readDrill(archive: Archive, key: string): Promise<DrillResult | undefined> {
  const bytes = await archive.get(key)
  const read = bytes && Result.safeParse(parsed(bytes))
  return read?.success ? read.data : undefined
}

async function readAll(archive: Archive, keys: readonly string[]): Promise<DrillResult[]> {
  const found: DrillResult[] = []
  for (let start = 0; start < keys.length; start += AT_ONCE) {
    const some = await Promise.all(keys.slice(start, start + AT_ONCE).map((key) => readDrill(archive, key)))
    found.push(...some.filter((result) => result !== undefined))
  }
  return found
}

async function keysOf(archive: Archive, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = []
  for (let page = 0; page < PAGES; page++) {
    const some = await archive.list(prefix, LIST_LIMIT, keys.at(-1) ?? after)
    keys.push(...some)
    if (some.length < LIST_LIMIT) break
  }
  return keys
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
