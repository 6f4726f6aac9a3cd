import type { DrillResult, LastDrill } from '../model/drill/result.ts'
import { type Client, path } from './client.ts'
import type { Place } from './calls.ts'

/** What is known of the drills of one service. */
export interface Drills {
  last: LastDrill | null
  overdue: boolean
  schedule?: {
    every: number
    next?: number
    paused: boolean
    runbook: string
    procedure: string
    revision: string
    outdated: boolean
  }
  running: boolean
  results: DrillResult[]
}

/** What is drilled: a runbook, one of its procedures, with parameters. */
export interface DrillOf {
  runbook: string
  procedure?: string
  parameters?: Record<string, string>
  reason?: string
}

export async function postDrill(
  client: Client,
  body: DrillOf & { environment: string },
): Promise<Place & { id: string; runId: string }> {
  return (await client.call<Place & { id: string; runId: string }>({ method: 'POST', path: '/v1/drills', body })).body
}

export async function getDrills(client: Client, { environment, service }: Place): Promise<Drills> {
  return (await client.call<Drills>({ path: path('v1', 'drills', environment, service) })).body
}

/** Has the drills of a service that run now end. Answers which ones. */
export async function abortDrills(
  client: Client,
  { environment, service }: Place,
  note: string,
): Promise<{ stopped: { id: string; runId: string }[] }> {
  const where = path('v1', 'drills', environment, service, 'abort')
  return (
    await client.call<{ stopped: { id: string; runId: string }[] }>({ method: 'POST', path: where, body: { note } })
  ).body
}

/** Schedules drills, or ends their schedule where nothing is given. Answers what is known then. */
export async function putSchedule(
  client: Client,
  { environment, service }: Place,
  body?: DrillOf & { every: string },
): Promise<Drills> {
  const where = path('v1', 'drills', environment, service, 'schedule')
  return (await client.call<Drills>(body ? { method: 'PUT', path: where, body } : { method: 'DELETE', path: where }))
    .body
}
