import { readable } from '../duration.ts'
import type { ErrorCode, Problem } from '../errors.ts'

/** How a drill ended, as the archive keeps it. Milliseconds; `startedAt` since the epoch. */
export interface DrillResult {
  runId: string
  service: string
  environment: string
  runbook?: string
  procedure?: string
  startedAt: number
  /** From the start until every step held; until it failed where one did not. */
  took: number
  passed: boolean
  problem?: Pick<Problem, 'message'> & { code: ErrorCode }
  steps: DrilledStep[]
  /** Titles of steps whose product could not be taken away: somebody owes it. */
  left?: string[]
}

/** One step of a drill: how long it took, in milliseconds, and what was seen at its end. */
export interface DrilledStep {
  id: string
  title: string
  took?: number
  seen?: string
}

/** The last drill of a service that passed: when it had, in epoch milliseconds, and how long it took, in milliseconds. */
export interface LastDrill {
  at: number
  took: number
}

const HOUR = 3_600_000

/** What a plan that touches data says of drills. With `now` it tells how long ago; else the moment itself, in UTC. */
export function lastDrillText(last: LastDrill | null, now?: number): string {
  if (!last) return 'Last successful restore drill: never'
  const when = now === undefined ? `${new Date(last.at).toISOString().slice(0, 16)}Z` : ago(now - last.at)
  return `Last successful restore drill: ${when}, ${readable(last.took)}`
}

function ago(ms: number): string {
  if (ms < 60_000) return 'just now'
  if (ms < 2 * HOUR) return `${Math.floor(ms / 60_000)} min ago`
  return ms < 48 * HOUR ? `${Math.floor(ms / HOUR)} h ago` : `${Math.floor(ms / (24 * HOUR))} days ago`
}
