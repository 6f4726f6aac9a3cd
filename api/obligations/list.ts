import { decodeMapFromPayloads } from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js'
import type { FollowupState } from '../../model/followup.ts'
import type { Api } from '../context.ts'
import { closePage, openPage, refusesPage } from '../rollbacks/pages.ts'
import {
  type FollowupDocument,
  FollowupRecord,
  type ObligationsDocument,
  type ObligationsQuery,
} from '../schemas/obligations.ts'
import { bounded } from '../temporal/call.ts'

/** What is still owed, of the environments that the caller may see ('*': all). Needs no worker. Throws INVALID_REQUEST. */
export async function listObligations(
  api: Api,
  { environment, service, limit, page }: ObligationsQuery,
  visible: readonly string[],
): Promise<ObligationsDocument> {
  const environments = environment ? [environment] : visible.includes('*') ? [] : visible
  const filter = [
    'WorkflowType = "followup"',
    'ExecutionStatus = "Running"',
    ...(environments.length > 0
      ? [`UnwindEnvironment IN (${environments.map((name) => `"${name}"`).join(', ')})`]
      : []),
    ...(service ? [`UnwindService = "${service}"`] : []),
  ].join(' AND ')
  const { namespace } = api.client.options
  const request = { namespace, query: filter, pageSize: limit, nextPageToken: openPage(page, filter) }
  const answer = await refusesPage(page, () =>
    bounded(api.client, () => api.client.workflowService.listWorkflowExecutions(request)),
  )
  const followups = await Promise.all(
    answer.executions.map(async ({ memo }) => {
      const fields = await decodeMapFromPayloads(api.client.options.loadedDataConverter, memo?.fields)
      const read = FollowupRecord.safeParse(fields?.['followup'])
      return read.success ? [followupDocument(read.data)] : []
    }),
  )
  const nextPage = answer.nextPageToken?.length ? closePage(answer.nextPageToken, filter) : undefined
  return { followups: followups.flat(), ...(nextPage && { nextPage }) }
}

export function followupDocument(state: FollowupState): FollowupDocument {
  const { runId, service, environment, reason, since } = state
  const obligations = state.obligations.map(({ nudged: _nudged, ...owed }) => owed)
  return { runId, service, environment, reason, since, obligations }
}
