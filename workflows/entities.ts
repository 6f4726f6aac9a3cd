import { proxyActivities, scheduleActivity, workflowInfo } from '@temporalio/workflow'
import type { Problem } from '../model/errors.ts'
import type { AnyMessage } from '../model/messages.ts'
import type { Actor } from '../model/policy.ts'
import type { EnforceCall, EntityUpdates, ServiceActivities } from '../model/service/calls.ts'
import type { Enforced } from '../model/service/state.ts'
import { engine } from './activities.ts'
import { problemOf, refusal } from './problem.ts'

const MINUTE = 60_000

/** Word that a run has ended: quick, and the run holds its service's lock meanwhile, so it does not wait for long. */
const leaving = proxyActivities<Pick<ServiceActivities, 'unwind.conclude' | 'unwind.stops'>>({
  startToCloseTimeout: 10_000,
  scheduleToCloseTimeout: MINUTE,
  retry: { initialInterval: 250, backoffCoefficient: 1.6, maximumInterval: 5_000, maximumAttempts: 20 },
})

/** What triggers ask of services and fleets. An outage of the workers is waited for: nothing is lost meanwhile. */
const asking = proxyActivities<Pick<ServiceActivities, 'unwind.entity'>>({
  startToCloseTimeout: 15_000,
  scheduleToCloseTimeout: 30 * MINUTE,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 15_000, maximumAttempts: 200 },
})

/** Nobody waits for it, and what it finds out must not get lost: it goes on for a day. */
const reading = proxyActivities<Pick<ServiceActivities, 'unwind.conclusion'>>({
  startToCloseTimeout: 15_000,
  scheduleToCloseTimeout: 24 * 60 * MINUTE,
  retry: { initialInterval: 250, backoffCoefficient: 2, maximumInterval: 30_000, maximumAttempts: 5_000 },
})

interface Place {
  environment: string
  service: string
}

/**
 * Leaves word with the service that this run has ended, and lets go of these objects in the same call; answers whether it
 * did. Fails after a minute at the latest.
 */
export async function leaveWord({ environment, service }: Place, runId: string, objects?: string[]): Promise<boolean> {
  const call = { environment, service, runId, executionId: workflowInfo().runId, ...(objects && { objects }) }
  const summary = `Tell the ledger of the service${objects ? ', and let go of the locks' : ''}`
  const answer = await leaving['unwind.conclude'].executeWithOptions({ summary }, [call])
  return answer?.letGo === true
}

/** Why nothing goes on by itself now. Fails after a minute at the latest, which is a reason as well. */
export function stops({ environment, service }: Place): ReturnType<ServiceActivities['unwind.stops']> {
  const place = { environment, service }
  return leaving['unwind.stops'].executeWithOptions({ summary: 'Ask whether it may go on by itself' }, [place])
}

/** Reads what the end of a run means for its service. */
export function readConclusion(
  call: Place & { runId: string; executionId: string },
): ReturnType<ServiceActivities['unwind.conclusion']> {
  return reading['unwind.conclusion'].executeWithOptions({ summary: `Read the end of ${call.runId}` }, [call])
}

/** Asks the service or the fleet of a place, and waits until it has answered. */
export async function ask<Update extends keyof EntityUpdates>(
  place: Place,
  update: Update,
  argument: EntityUpdates[Update]['argument'],
): Promise<EntityUpdates[Update]['answer']> {
  const call = { ...place, update, argument }
  const answer = await asking['unwind.entity'].executeWithOptions({ summary: `Ask: ${update}` }, [call])
  return answer as EntityUpdates[Update]['answer']
}

/** Has the denied images refused in a system, or, with none denied, no longer. */
export async function enforce(
  { kind, connection, taskQueue, place }: Omit<Enforced, 'object'>,
  rule: Pick<EnforceCall, 'environment' | 'service' | 'denied' | 'reason'>,
): Promise<{ object: string }> {
  const call: EnforceCall = { ...rule, connection, place }
  const result: unknown = await scheduleActivity(`${kind}.enforce`, [call], {
    ...(taskQueue && { taskQueue, scheduleToStartTimeout: 20_000 }),
    startToCloseTimeout: 20_000,
    scheduleToCloseTimeout: 40_000,
    retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 5_000, maximumAttempts: 5 },
    summary: rule.denied.length > 0 ? 'Refuse the denied images' : 'Refuse images no longer',
  })
  return result as { object: string }
}

/** Proves who has sent a message to this workflow; refuses it otherwise. */
export async function senderOf(name: AnyMessage, message: object & { signed?: string }): Promise<Actor> {
  const { signed = '', ...content } = message
  const call = { message: name, workflowId: workflowInfo().workflowId, content, signed }
  return engine['unwind.identify']
    .executeWithOptions({ summary: `Prove who sent ${name}` }, [call])
    .catch((error: unknown) => {
      throw refusal(problemOf(error, 'identity'))
    })
}

/** Refuses a message where there is a reason to. */
export function refuseIf(problem: Problem | undefined): void {
  if (problem) throw refusal(problem)
}
