import { randomUUID } from 'node:crypto'
import { WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client'
import { startOf } from '../../activities/services/start.ts'
import { UnwindError } from '../../model/errors.ts'
import { fleetId, serviceId } from '../../model/ids.ts'
import type { Actor } from '../../model/policy.ts'
import type { FleetMessages, ServiceMessages } from '../../model/service/messages.ts'
import { openService, type ServiceState } from '../../model/service/state.ts'
import { type FleetState, openFleet } from '../../model/triggers/fleet.ts'
import type { Api } from '../context.ts'
import { signMessage } from '../identity.ts'
import type { Place } from '../schemas/parameters.ts'
import { bounded, isUnanswered } from '../temporal/call.ts'
import { failureProblem } from '../temporal/failure.ts'
import { noWorker, requireWorker } from '../temporal/workers.ts'

const QUERY_LIMIT = 10_000
/** Refusing images in a system takes its time; everything else is quick. */
const MESSAGE_LIMIT = 45_000

/** What is known of a service; nothing is, of one that was never spoken of. Throws NO_WORKER: no answer is no answer. */
export async function readService(api: Api, { environment, service }: Place): Promise<ServiceState> {
  const known = await query<ServiceState>(api, serviceId(environment, service), 'service')
  return known ?? openService({ format: 1, environment, service })
}

/** What the services of an environment share. Throws like `readService`. */
export async function readFleet(api: Api, environment: string): Promise<FleetState> {
  return (await query<FleetState>(api, fleetId(environment), 'fleet')) ?? openFleet({ format: 1, environment })
}

async function query<Answer>(api: Api, workflowId: string, name: string): Promise<Answer | undefined> {
  try {
    return await bounded(api.client, () => api.client.workflow.getHandle(workflowId).query<Answer>(name), QUERY_LIMIT)
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    if (isUnanswered(error)) await requireWorker(api)
    throw error
  }
}

/** Signs a message to a service and hands it over; the service begins to exist with its first one. */
export function tellService<Name extends keyof ServiceMessages>(
  api: Api,
  place: Place,
  sending: { name: Name; message: ServiceMessages[Name]; actor: Actor },
): Promise<unknown> {
  return tell(api, { type: 'service', place, workflowId: serviceId(place.environment, place.service) }, sending)
}

/** The same to what the services of an environment share. */
export function tellFleet<Name extends keyof FleetMessages>(
  api: Api,
  environment: string,
  sending: { name: Name; message: FleetMessages[Name]; actor: Actor },
): Promise<FleetState> {
  const place = { environment, service: '' }
  return tell(api, { type: 'fleet', place, workflowId: fleetId(environment) }, sending) as Promise<FleetState>
}

interface Addressee {
  type: 'service' | 'fleet'
  place: Place
  workflowId: string
}

async function tell(
  api: Api,
  { type, place, workflowId }: Addressee,
  { name, message, actor }: { name: keyof ServiceMessages; message: object; actor: Actor },
): Promise<unknown> {
  await requireWorker(api)
  const signed = api.signingKey && (await signMessage(api.signingKey, { name, message, actor, workflowId }))
  const startWorkflowOperation = new WithStartWorkflowOperation(type, startOf(type, place, api.taskQueue))
  const call = {
    args: [{ ...message, ...(signed && { signed }) }],
    // A repeated request is known by the service itself, which also tells another body under the same key.
    updateId: randomUUID(),
    startWorkflowOperation,
  }
  try {
    return await bounded(api.client, () => api.client.workflow.executeUpdateWithStart(name, call), MESSAGE_LIMIT)
  } catch (error) {
    if (isUnanswered(error)) throw noWorker(api, 'no answer came in time, so look before you send this again')
    throw failureProblem(error) ?? unsigned(api, error)
  }
}

function unsigned({ signingKey }: Api, error: unknown): unknown {
  if (signingKey) return error
  return new UnwindError('CONFIGURATION_INVALID', 'api.signingKey is not set, so no message counts', undefined, {
    cause: error,
  })
}
