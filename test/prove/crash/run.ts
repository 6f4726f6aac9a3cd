import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { kinds } from '../../../activities/schemas.ts'
import { compile } from '../../../model/compile.ts'
import { rollbackId, TASK_QUEUE } from '../../../model/ids.ts'
import type { RunState } from '../../../model/run.ts'
import { until } from '../../support/until.ts'
import type { Ground } from './ground.ts'

const STATUS = defineSearchAttributeKey('UnwindStatus', 'KEYWORD')
const LIMIT = 120_000

/** A Deployment with two releases, and how often its spec has changed since it had them. */
export interface Subject {
  name: string
  step: Record<string, unknown>
  changes(): Promise<number>
}

export async function newSubject({ lab }: Ground, soak = '0s'): Promise<Subject> {
  const name = `shop-${randomUUID().slice(0, 8)}`
  await lab.deploy(name, { image: '3.9', replicas: 1 })
  await lab.deploy(name, { image: '3.10', replicas: 1 })
  const generation = async () => (await lab.deployment(name)).metadata.generation ?? 0
  const before = await generation()
  const step = { kind: 'kubernetes', workload: `deployment/${name}`, to: 'previous', soak }
  return { name, step, changes: async () => (await generation()) - before }
}

export async function begin({ client, configuration }: Ground, { name, step }: Subject): Promise<WorkflowHandle> {
  const request = { service: name, environment: 'test', reason: 'the release is bad', steps: [step] }
  const input = compile(request, configuration, kinds, { subject: 'alice', groups: [] })
  return client.workflow.start('rollback', {
    workflowId: rollbackId('test', name),
    taskQueue: TASK_QUEUE,
    args: [{ ...input, accept: ['UNVERIFIED_TARGET'] }],
  })
}

/** Posts it to an API process. Rejects unless that has accepted it. */
export async function post({ client }: Ground, api: { url: string }, { name, step }: Subject): Promise<WorkflowHandle> {
  const request = { service: name, environment: 'test', reason: 'the release is bad', steps: [step] }
  const answer = await fetch(`${api.url}/v1/rollbacks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': name },
    body: JSON.stringify({ ...request, accept: ['UNVERIFIED_TARGET'] }),
    signal: AbortSignal.timeout(30_000),
  })
  if (answer.status !== 202) throw new Error(`the API answered ${answer.status}: ${await answer.text()}`)
  return client.workflow.getHandle(rollbackId('test', name))
}

/** Resolves once this verb has been scheduled, or has been completed. */
export async function verb(run: WorkflowHandle, name: string, point: 'scheduled' | 'completed'): Promise<void> {
  const look = async () => {
    const events = (await run.fetchHistory()).events ?? []
    const scheduled = events.find(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === `kubernetes.${name}`,
    )
    if (point === 'scheduled') return scheduled !== undefined
    const completed = events.map((event) => event.activityTaskCompletedEventAttributes?.scheduledEventId)
    return scheduled !== undefined && completed.some((id) => String(id) === String(scheduled.eventId))
  }
  await until(look, Boolean, () => `kubernetes.${name} was not ${point}`, LIMIT)
}

/** The record once the run has ended or waits for a person. */
export async function settled(run: WorkflowHandle): Promise<RunState> {
  const look = async () => {
    const { typedSearchAttributes, status } = await run
      .describe()
      .catch(() => ({ typedSearchAttributes: undefined, status: { name: 'UNKNOWN' } }))
    return status.name === 'COMPLETED' ? 'ended' : (typedSearchAttributes?.get(STATUS) ?? status.name)
  }
  const final = (seen: string) => !['RUNNING', 'UNKNOWN', 'planning', 'running', 'compensating'].includes(seen)
  await until(look, final, (seen) => `the run is still ${seen}`, LIMIT)
  return run.query<RunState>('state')
}
