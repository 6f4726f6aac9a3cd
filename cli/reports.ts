import type { FollowupState } from '../model/followup.ts'
import type { Stats } from '../model/stats/stats.ts'
import { type Call, type Client, path } from './client.ts'

/** Figures over the archive; `truncated` where more runs are kept than one answer reads. */
export async function getStats(
  client: Client,
  query: Readonly<Record<string, string | number | undefined>>,
): Promise<Stats & { truncated: boolean }> {
  return (await client.call<Stats & { truncated: boolean }>({ path: '/v1/stats', query })).body
}

/** What a rollback that has ended left to be settled. */
export type Followup = Pick<FollowupState, 'runId' | 'service' | 'environment' | 'reason' | 'since' | 'obligations'>

/** What is still owed, newest first, at most `limit` rollbacks. */
export async function listObligations(
  client: Client,
  filters: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<Followup[]> {
  const found: Followup[] = []
  let page: string | undefined
  do {
    const query = { ...filters, page, limit: Math.min(100, limit - found.length) }
    const { body } = await client.call<{ followups: Followup[]; nextPage?: string }>({ path: '/v1/obligations', query })
    found.push(...body.followups)
    page = body.followups.length > 0 ? body.nextPage : undefined
  } while (page && found.length < limit)
  return found
}

/** Says that an obligation is settled; answers what that rollback owes then. */
export async function postSettled(client: Client, run: string, id: string, body: { note?: string }): Promise<Followup> {
  const call: Call = { method: 'POST', path: path('v1', 'obligations', run, id), body }
  return (await client.call<Followup>(call)).body
}

/** What stands in the way of each runbook, by environment. */
export interface Checked {
  ready: boolean
  unchecked: number
  runbooks: {
    runbook: string
    revision: string
    service: string
    environment: string
    ready: boolean
    checkedAt: string
    problems: { code: string; message: string; procedure?: string }[]
  }[]
}

/** The API answers within two minutes. */
const READY_WITHIN = 150_000

/** Plans every runbook, or those that are meant, and changes nothing. */
export async function postReady(client: Client, body: { environment?: string; runbook?: string }): Promise<Checked> {
  return (await client.call<Checked>({ method: 'POST', path: '/v1/ready', body, within: READY_WITHIN })).body
}
