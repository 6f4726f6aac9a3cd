import type { Messages } from '../model/messages.ts'
import type { Choice, DryRun, RunState } from '../model/run.ts'
import type { Release } from '../model/service/state.ts'
import type { Revision } from '../model/target.ts'
import { type Call, type Client, path } from './client.ts'

/** Where a rollback lives. */
export interface Place {
  environment: string
  service: string
}

/** A rollback as the API shows it. `stale`: no worker answered, so steps and timeline are missing. */
export interface Rollback extends RunState {
  url: string
  stale: boolean
  worker?: 'running' | 'none'
  temporalUi?: string
}

export interface Started extends Place {
  id: string
  runId: string
  url: string
  created: boolean
  worker: 'running' | 'none'
}

export type Planned = DryRun

/** What a list shows of one rollback. */
export type Summary = Pick<RunState, 'id' | 'runId' | 'service' | 'environment' | 'phase' | 'startedAt'> &
  Partial<Pick<RunState, 'outcome' | 'reason' | 'incident' | 'startedBy' | 'endedAt'>> & { url: string }

/** A request for a rollback, as it is posted. */
export type RollbackRequest = Record<string, unknown>

/** Planning reads the systems and may retry those that do not answer at once. */
const PLAN_WITHIN = 120_000

export async function postRollback(
  client: Client,
  request: RollbackRequest,
  key: string,
  signal?: AbortSignal,
): Promise<Started> {
  const headers = { 'idempotency-key': key }
  return (await client.call<Started>({ method: 'POST', path: '/v1/rollbacks', body: request, headers, signal })).body
}

export async function postUndo(
  client: Client,
  place: Place,
  { body, key, run }: { body: object; key: string; run?: string | undefined },
  signal?: AbortSignal,
): Promise<Started> {
  const headers = { 'idempotency-key': key }
  const call: Call = { method: 'POST', path: path(...at(place), 'undo'), query: { run }, body, headers, signal }
  return (await client.call<Started>(call)).body
}

export async function postPlan(client: Client, request: RollbackRequest): Promise<Planned> {
  const call = { method: 'POST', path: '/v1/plans', body: request, within: PLAN_WITHIN } as const
  return (await client.call<Planned>(call)).body
}

export async function getRollback(client: Client, place: Place, run?: string, signal?: AbortSignal): Promise<Rollback> {
  return (await client.call<Rollback>({ path: path(...at(place)), query: { run }, signal })).body
}

/** The latest rollbacks, at most `limit`, over as many pages as that takes. */
export async function listRollbacks(
  client: Client,
  filters: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<Summary[]> {
  const found: Summary[] = []
  let page: string | undefined
  do {
    const query = { ...filters, page, limit: Math.min(100, limit - found.length) }
    const { body } = await client.call<{ rollbacks: Summary[]; nextPage?: string }>({ path: '/v1/rollbacks', query })
    found.push(...body.rollbacks)
    page = body.rollbacks.length > 0 ? body.nextPage : undefined
  } while (page && found.length < limit)
  return found
}

export async function getHistory(
  client: Client,
  place: Place,
  step: Readonly<Record<string, string | undefined>>,
): Promise<{ revisions: Revision[]; releases: Release[] }> {
  const call = {
    path: path('v1', 'services', place.environment, place.service, 'history'),
    query: step,
    within: PLAN_WITHIN,
  }
  return (await client.call<{ revisions: Revision[]; releases: Release[] }>(call)).body
}

export async function getReport(client: Client, place: Place, run: string | undefined): Promise<unknown> {
  return (await client.call({ path: path(...at(place), 'report'), query: { run, format: 'json' } })).body
}

export function getMarkdown(client: Client, place: Place, run: string | undefined): Promise<string> {
  const headers = { accept: 'text/markdown' }
  return client.text({ path: path(...at(place), 'report'), query: { run, format: 'markdown' }, headers })
}

/** A runbook as the API lists it. */
export interface ListedRunbook {
  name: string
  service: string
  owner?: string
  revision: string
  source: string
  reviewed: boolean
  environments: string[]
}

export interface ListedRunbooks {
  runbooks: ListedRunbook[]
  /** Files that are no runbook. */
  broken: { file: string; problems: { path: string; message: string; line: number; column: number }[] }[]
}

export async function listRunbooks(client: Client): Promise<ListedRunbooks> {
  return (await client.call<ListedRunbooks>({ path: '/v1/runbooks' })).body
}

export async function getRunbook(client: Client, name: string): Promise<ListedRunbook & { document: object }> {
  return (await client.call<ListedRunbook & { document: object }>({ path: path('v1', 'runbooks', name) })).body
}

/** Says yes or no to the plan with this digest, in the run that was looked at. */
export async function postApproval(
  client: Client,
  place: Place,
  body: { decision: 'approve' | 'reject'; planDigest: string; stepId?: string; note?: string },
  run: string,
): Promise<void> {
  await client.call({ method: 'POST', path: path(...at(place), 'approvals'), query: { run }, body })
}

/** Answers a parked step; a run that has moved on refuses it as stale. */
export async function postDecision(
  client: Client,
  place: Place,
  body: { stepId: string; attempt: number; choice: Choice; note?: string; fields?: Record<string, unknown> },
  run: string,
): Promise<void> {
  await client.call({ method: 'POST', path: path(...at(place), 'decisions'), query: { run }, body })
}

export async function postMessage(
  client: Client,
  place: Place,
  message: 'claim' | 'pause' | 'resume' | 'abort',
  body: { note?: string },
  run?: string,
): Promise<void> {
  await client.call({ method: 'POST', path: path(...at(place), message), query: { run }, body })
}

/** What people are asked beside decisions: questions, the checklist, an emergency. */
export async function postAsked<Name extends keyof typeof ASKED>(
  client: Client,
  place: Place,
  name: Name,
  body: Messages[Name],
  run: string,
): Promise<void> {
  await client.call({ method: 'POST', path: path(...at(place), ASKED[name]), query: { run }, body })
}

const ASKED = { answer: 'answers', tick: 'checklist', breakGlass: 'break-glass' } as const

/** The parts of a rollback's path. */
export function at({ environment, service }: Place): string[] {
  return ['v1', 'rollbacks', environment, service]
}
