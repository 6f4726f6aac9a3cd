import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError } from '@temporalio/client'
import { UnwindError } from '../../model/errors.ts'
import type { MessageName, Messages } from '../../model/messages.ts'
import type { Actor } from '../../model/policy.ts'
import type { Phase } from '../../model/run.ts'
import type { Api } from '../context.ts'
import { sha256 } from '../digest.ts'
import { signMessage } from '../identity.ts'
import type { ReplyDocument } from '../schemas/answers.ts'
import type { Place } from '../schemas/parameters.ts'
import { bounded, isUnanswered } from '../temporal/call.ts'
import type { Execution } from '../temporal/executions.ts'
import { failureProblem } from '../temporal/failure.ts'
import { noWorker, requireWorker } from '../temporal/workers.ts'
import { urlOf } from './links.ts'
import { findRollback } from './read.ts'

/** How long a worker may take to carry a message out, in milliseconds. */
const MESSAGE_LIMIT = 10_000

export interface Sending<Name extends MessageName> {
  name: Name
  message: Messages[Name]
  actor: Actor
  /** The run that the sender has looked at; another one now is STALE_DECISION. */
  run?: string | undefined
  key?: string | undefined
}

/**
 * Signs a message and hands it to the running rollback of a place; answers where the run stands then. Throws NOT_FOUND,
 * DECISION_REFUSED, STALE_DECISION, NO_WORKER, and what the run itself refuses with.
 */
export async function sendMessage<Name extends MessageName>(
  api: Api,
  place: Place,
  sending: Sending<Name>,
): Promise<ReplyDocument> {
  const [found] = await Promise.all([findRollback(api, place), requireWorker(api)])
  refuseMisdirected(found, sending.run)
  return { ...(await deliver(api, found, sending)), url: urlOf(api, place, found.runId) }
}

/** Signs a message and hands it to this very run. Throws DECISION_REFUSED, NO_WORKER, and what the run refuses with. */
export async function deliver<Name extends MessageName>(
  api: Api,
  found: Pick<Execution, 'workflowId' | 'runId' | 'status'>,
  { name, message, actor, key }: Sending<Name>,
): Promise<{ phase: Phase; planDigest?: string }> {
  const signed =
    api.signingKey && (await signMessage(api.signingKey, { name, message, actor, workflowId: found.workflowId }))
  const handle = api.client.workflow.getHandle(found.workflowId, undefined, { firstExecutionRunId: found.runId })
  const call = {
    args: [{ ...message, ...(signed && { signed }) }] as [object],
    updateId: key ? sha256(`${name} ${key}`) : randomUUID(),
  }
  try {
    return await bounded(
      api.client,
      () => handle.executeUpdate<{ phase: Phase; planDigest?: string }, [object]>(name, call),
      MESSAGE_LIMIT,
    )
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw ended(found)
    if (isUnanswered(error))
      throw noWorker(api, 'no answer came in 10 s, so look at the run before you send this again')
    throw failureProblem(error) ?? error
  }
}

function refuseMisdirected(found: Execution, run: string | undefined): void {
  if (run && run !== found.runId && run !== found.currentRunId)
    throw new UnwindError('STALE_DECISION', `the run is now ${found.runId}; look at it and answer that one`)
  if (!found.open) throw ended(found)
}

function ended({ status, runId }: Pick<Execution, 'runId' | 'status'>): UnwindError {
  return new UnwindError(
    'DECISION_REFUSED',
    `the run ${runId} has ended${status ? ` (${status})` : ''}; nothing is left to decide`,
  )
}
