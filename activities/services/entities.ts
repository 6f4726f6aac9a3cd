import { Context } from '@temporalio/activity'
import {
  type Client,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  WithStartWorkflowOperation,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { isErrorCode, UnwindError } from '../../model/errors.ts'
import { fleetId, rollbackId, serviceId } from '../../model/ids.ts'
import type { RunState } from '../../model/run.ts'
import { ENTITY_OF, type EntityCall, type ServiceActivities } from '../../model/service/calls.ts'
import { conclusionOf } from '../../model/service/conclusion.ts'
import type { Ledger } from '../../model/service/facts.ts'
import type { Refusal } from '../../model/triggers/episode.ts'
import { letGo } from '../locks.ts'
import { startOf } from './start.ts'

/** How long one question may take; its activity has more time than that. Milliseconds. */
const ASK_LIMIT = 8_000
/** Planning does not wait for a ledger that is slow: no answer is no. */
const LEDGER_LIMIT = 2_500

/** A run that has left word with its service ends within this time, unless its worker is lost. */
const END_LIMIT = 5_000

interface Place {
  environment: string
  service: string
}

/** The activities by which runs and proposals reach services and fleets. */
export const serviceActivities: ServiceActivities = {
  async 'unwind.conclude'({ environment, service, runId, executionId, objects }) {
    const { client, info } = Context.current()
    if (objects) letGo(client, objects, runId)
    await client.workflow.signalWithStart('service', {
      ...startOf('service', { environment, service }, info.taskQueue),
      signal: 'concluded',
      signalArgs: [runId, executionId],
    })
    return objects && { letGo: true }
  },
  async 'unwind.conclusion'({ environment, service, executionId }) {
    const state = await recordOf(Context.current().client, rollbackId(environment, service), executionId)
    return state && conclusionOf(state)
  },
  'unwind.entity': askEntity,
  async 'unwind.stops'(place) {
    const { client } = Context.current()
    const asked = await Promise.all([
      stopOf(client, fleetId(place.environment)),
      stopOf(client, serviceId(place.environment, place.service)),
    ])
    return asked.find((stop) => stop !== undefined)
  },
}

/**
 * What the ledger of a service tells; undefined where it did not answer. A service that nothing was ever recorded of has
 * an empty one.
 */
export async function readLedger({ environment, service }: Place): Promise<Ledger | undefined> {
  const { client } = Context.current()
  const handle = client.workflow.getHandle(serviceId(environment, service))
  try {
    return await client.withDeadline(Date.now() + LEDGER_LIMIT, () => handle.query<Ledger>('ledger'))
  } catch (error) {
    return error instanceof WorkflowNotFoundError ? { releases: [] } : undefined
  }
}

async function askEntity({ environment, service, update, argument }: EntityCall): Promise<unknown> {
  const { client, info } = Context.current()
  const start = startOf(ENTITY_OF[update], { environment, service }, info.taskQueue)
  const startWorkflowOperation = new WithStartWorkflowOperation(ENTITY_OF[update], start)
  try {
    return await client.withDeadline(Date.now() + ASK_LIMIT, () =>
      client.workflow.executeUpdateWithStart(update, { args: [argument], startWorkflowOperation }),
    )
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      throw new UnwindError(isErrorCode(error.cause.type) ? error.cause.type : 'INTERNAL', error.cause.message)
    throw new UnwindError('TEMPORAL_UNAVAILABLE', `${start.workflowId} did not answer ${update}`, undefined, {
      cause: error,
    })
  }
}

/** No answer of a workflow that exists is a reason; one that was never needed has stopped nothing. */
async function stopOf(client: Client, workflowId: string): Promise<Refusal | undefined> {
  try {
    const query = () => client.workflow.getHandle(workflowId).query<Refusal | null>('stop')
    return (await client.withDeadline(Date.now() + ASK_LIMIT, query)) ?? undefined
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    return { code: 'NO_ANSWER', text: `${workflowId} does not answer whether anything may go on by itself` }
  }
}

/** The record of a run by the execution that ends it: from its result, or asked of it while it still lets go of things. */
async function recordOf(client: Client, workflowId: string, runId: string): Promise<RunState | undefined> {
  const handle = client.workflow.getHandle(workflowId, runId)
  try {
    // It is about to end: to wait for that costs the worker nothing, where a question keeps it from ending.
    const result = () => handle.result() as Promise<RunState>
    const ended = await client.withDeadline(Date.now() + END_LIMIT, result).catch(unlessLate)
    if (ended) return ended
    const state = await handle.query<RunState>('state')
    if (state.outcome) return state
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof WorkflowFailedError) return undefined
    throw new UnwindError('TEMPORAL_UNAVAILABLE', `the record of ${workflowId} can't be read now`, undefined, {
      cause: error,
    })
  }
  throw new UnwindError('TEMPORAL_UNAVAILABLE', `${workflowId} has left word, but has no outcome yet`)
}

/**
 * A call that took longer than its deadline has no answer; any other failure is one. A worker's own connection ends such a
 * call as CANCELLED (tonic's time-out), that of a client as DEADLINE_EXCEEDED.
 */
function unlessLate(error: unknown): undefined {
  if (!isGrpcDeadlineError(error) && !isGrpcCancelledError(error)) throw error
}
