import { parseRollbackId } from '../../model/ids.ts'
import { OUTCOMES } from '../../model/run.ts'
import type { Api } from '../context.ts'
import type { ListDocument, Summary } from '../schemas/answers.ts'
import type { ListQuery } from '../schemas/parameters.ts'
import { bounded } from '../temporal/call.ts'
import { decodeMemo, decodePayloads } from '../temporal/executions.ts'
import { urlOf } from './links.ts'
import { closePage, openPage, refusesPage } from './pages.ts'
import { phaseOf } from './read.ts'

/** Rollbacks on record, newest first, of the environments that the caller may see ('*': all). Throws INVALID_REQUEST. */
export async function listRollbacks(api: Api, query: ListQuery, visible: readonly string[]): Promise<ListDocument> {
  const filter = filterOf(query, visible)
  const { namespace } = api.client.options
  const request = { namespace, query: filter, pageSize: query.limit, nextPageToken: openPage(query.page, filter) }
  const answer = await refusesPage(query.page, () =>
    bounded(api.client, () => api.client.workflowService.listWorkflowExecutions(request)),
  )
  const rollbacks = await Promise.all(answer.executions.map((execution) => summary(api, execution)))
  const nextPage = answer.nextPageToken?.length ? closePage(answer.nextPageToken, filter) : undefined
  return { rollbacks: rollbacks.filter((one) => one !== undefined), ...(nextPage && { nextPage }) }
}

/** A visibility query of nothing but values that a schema or the configuration has checked: none can hold a quote. */
function filterOf({ environment, service, status, outcome }: ListQuery, visible: readonly string[]): string {
  const environments = environment ? [environment] : visible.includes('*') ? [] : visible
  const conditions = [
    'WorkflowType = "rollback"',
    'ExecutionStatus != "ContinuedAsNew"',
    ...(environments.length > 0
      ? [`UnwindEnvironment IN (${environments.map((name) => `"${name}"`).join(', ')})`]
      : []),
    ...(service ? [`UnwindService = "${service}"`] : []),
    ...(outcome ? [`UnwindStatus = "${outcome}"`] : []),
    ...(status === 'ended'
      ? [`(ExecutionStatus != "Running" OR UnwindStatus IN (${OUTCOMES.map((word) => `"${word}"`).join(', ')}))`]
      : []),
    ...(status && status !== 'ended' ? [`UnwindStatus = "${status}"`, 'ExecutionStatus = "Running"'] : []),
  ]
  return conditions.join(' AND ')
}

type Listed = Awaited<ReturnType<Api['client']['workflowService']['listWorkflowExecutions']>>['executions'][number]

async function summary(api: Api, info: Listed): Promise<Summary | undefined> {
  const id = info.execution?.workflowId ?? ''
  const place = parseRollbackId(id)
  const runId = info.firstRunId || info.execution?.runId
  if (!place || !runId) return undefined
  const [memo, [status]] = await Promise.all([
    decodeMemo(api, info.memo?.fields),
    decodePayloads(api, [info.searchAttributes?.indexedFields?.['UnwindStatus'] ?? {}]).catch(() => []),
  ])
  const { reason, incident, startedBy } = memo
  const open = !info.closeTime
  return {
    ...{ id, runId, ...place },
    ...phaseOf(typeof status === 'string' ? status : undefined, open),
    ...(reason && { reason }),
    ...(incident && { incident }),
    ...(startedBy && { startedBy }),
    startedAt: time(info.startTime),
    ...(info.closeTime && { endedAt: time(info.closeTime) }),
    url: urlOf(api, place, runId),
  }
}

function time(at: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(at?.seconds ?? 0) * 1_000 + Math.floor((at?.nanos ?? 0) / 1_000_000)
}
