import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError } from '@temporalio/client'
import { UnwindError } from '../../model/errors.ts'
import type { FollowupState } from '../../model/followup.ts'
import { followupId } from '../../model/ids.ts'
import type { Api } from '../context.ts'
import { sha256 } from '../digest.ts'
import type { Caller } from '../http/callers.ts'
import { requireEnvironment } from '../http/callers.ts'
import { signMessage } from '../identity.ts'
import type { FollowupDocument, WhichObligation } from '../schemas/obligations.ts'
import { bounded, isUnanswered } from '../temporal/call.ts'
import { failureProblem } from '../temporal/failure.ts'
import { noWorker, requireWorker } from '../temporal/workers.ts'
import { followupDocument } from './list.ts'

const SETTLE_LIMIT = 10_000

/** Says that an obligation is settled. Throws NOT_FOUND, FORBIDDEN, DECISION_REFUSED, NO_WORKER. */
export async function settleObligation(
  api: Api,
  { runId, id }: WhichObligation,
  { note, key, caller }: { note: string | undefined; key: string | undefined; caller: Caller },
): Promise<FollowupDocument> {
  const workflowId = followupId(runId)
  const handle = api.client.workflow.getHandle(workflowId)
  const described = await bounded(api.client, () => handle.describe()).catch((error: unknown) => {
    throw error instanceof WorkflowNotFoundError ? unknown(runId) : error
  })
  const environment = described.searchAttributes['UnwindEnvironment']?.[0]
  if (described.status.name !== 'RUNNING' || typeof environment !== 'string') throw unknown(runId)
  requireEnvironment(caller, environment)
  await requireWorker(api)
  const message = { id, ...(note && { note }) }
  const { actor } = caller
  const signed = api.signingKey && (await signMessage(api.signingKey, { name: 'settle', message, actor, workflowId }))
  const call = {
    args: [{ ...message, ...(signed && { signed }) }] as [object],
    updateId: key ? sha256(`settle ${key}`) : randomUUID(),
  }
  try {
    const update = () => handle.executeUpdate<FollowupState, [object]>('settle', call)
    return followupDocument(await bounded(api.client, update, SETTLE_LIMIT))
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw unknown(runId)
    if (isUnanswered(error)) throw noWorker(api, 'no answer came in 10 s, so look before you send this again')
    throw failureProblem(error) ?? error
  }
}

function unknown(runId: string): UnwindError {
  return new UnwindError('NOT_FOUND', `nothing is owed by the rollback ${runId}; GET /v1/obligations lists what is`)
}
