import { randomUUID } from 'node:crypto'
import { WithStartWorkflowOperation } from '@temporalio/client'
import { startOf } from '../../activities/services/start.ts'
import { serviceId } from '../../model/ids.ts'
import type { Actor } from '../../model/policy.ts'
import type { Ledger } from '../../model/service/facts.ts'
import type { ReleaseRecord } from '../../model/service/ledger.ts'
import type { ServiceMessages } from '../../model/service/messages.ts'
import type { ServiceState } from '../../model/service/state.ts'
import { ALICE, type Engine, sign } from './engine.ts'
import { gently } from './gentle.ts'

/** A service by its name in the environment of the tests, or by its whole place. */
export type Where = string | { service: string; environment: string }

function placeOf(where: Where): { service: string; environment: string } {
  return typeof where === 'string' ? { service: where, environment: 'test' } : where
}

function idOf(where: Where): string {
  const { service, environment } = placeOf(where)
  return serviceId(environment, service)
}

/** Sends a message to a service as the API would, signed for this person; the service begins to exist with it. */
export async function tellService<Name extends keyof ServiceMessages>(
  engine: Engine,
  service: Where,
  name: Name,
  message: ServiceMessages[Name],
  actor: Actor | undefined = ALICE,
): Promise<unknown> {
  const workflowId = idOf(service)
  const signed = await sign(workflowId, name, message, actor)
  return update(engine, service, name, { ...message, signed })
}

/** The kill switch of one service, by somebody in the Temporal UI. */
export async function stopByHand(engine: Engine, service: Where): Promise<void> {
  await update(engine, service, 'stop', { reason: 'by hand' })
}

/** Sends an update past the API, as it is. */
export function update(engine: Engine, service: Where, name: string, argument: object): Promise<unknown> {
  const taskQueue = engine.configuration.temporal?.taskQueue ?? ''
  const startWorkflowOperation = new WithStartWorkflowOperation(
    'service',
    startOf('service', placeOf(service), taskQueue),
  )
  return engine.client.workflow.executeUpdateWithStart(name, {
    args: [argument],
    updateId: randomUUID(),
    startWorkflowOperation,
  })
}

export function stateOf(engine: Engine, service: Where): Promise<ServiceState> {
  return engine.client.workflow.getHandle(idOf(service)).query<ServiceState>('service')
}

export function ledgerOf(engine: Engine, service: Where): Promise<Ledger> {
  return engine.client.workflow.getHandle(idOf(service)).query<Ledger>('ledger')
}

/** The service once the run of this id has been read into it. */
export async function concluded(engine: Engine, service: Where, runId: string): Promise<ServiceState> {
  return gently<ServiceState>(
    engine.client.workflow.getHandle(idOf(service)),
    'service',
    ({ runs }) => runs.some((run) => run.runId === runId),
    (state) => `the service knows of ${state?.runs.length ?? 0} runs, ${runId} not among them`,
  )
}

/** A release as CI would record it. */
export function released(version: string, rest: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return { version, images: [], migrations: [], configuration: {}, deployedAt: Date.now(), ...rest }
}
