import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { kinds } from '../../../activities/schemas.ts'
import { canonical } from '../../../model/canonical.ts'
import { compile } from '../../../model/compile.ts'
import { rollbackId, TASK_QUEUE } from '../../../model/ids.ts'
import type { RunState } from '../../../model/run.ts'
import { until } from '../../support/until.ts'
import { rolloutLab } from '../../rollouts/lab.ts'
import type { Lab } from '../../targets/kubernetes-lab.ts'
import type { Kind } from '../../targets/kubernetes-manifests.ts'
import type { Ground } from './ground.ts'

const STATUS = defineSearchAttributeKey('UnwindStatus', 'KEYWORD')
const LIMIT = 120_000
const UNDER_WAY = new Set(['RUNNING', 'UNKNOWN', 'deciding', 'planning', 'running', 'compensating'])

/** A workload with two releases, and what has become of it since it had them. */
export interface Subject {
  name: string
  step: Record<string, unknown>
  /** How often its spec has changed. */
  changes(): Promise<number>
  /** The release that it is at; neither as well where a pod was touched that had no part in it. */
  at(): Promise<'old' | 'new' | 'neither'>
}

/** What is special about a subject. */
interface Shape {
  step?: object
  kind?: Kind | 'rollout'
  paused?: boolean
  heldUp?: boolean
}

/** Deploys an old and a new release. `step` is added to the step that goes back to the old one. */
export async function newSubject({ lab: any }: Ground, shape: Shape): Promise<Subject> {
  const { step = {}, kind = 'deployment', paused = false, heldUp = false } = shape
  if (kind === 'rollout') return newRollout(any)
  const lab = any.of(kind)
  const name = `shop-${randomUUID().slice(0, 8)}`
  const replicas = heldUp ? 2 : 1
  await lab.deploy(name, { image: '3.9', replicas })
  const old = canonical((await lab.workload(name)).spec.template)
  // The pods that nothing may touch on the way back.
  const spared = heldUp ? await podOf(lab, `${name}-0`) : undefined
  if (heldUp) await holdUp(lab, name, replicas)
  else await lab.deploy(name, { image: '3.10', replicas })
  const templates = [old, canonical((await lab.workload(name)).spec.template)]
  if (paused) await lab.patch(name, { spec: { paused } })
  const generation = async () => (await lab.workload(name)).metadata.generation ?? 0
  const before = await generation()
  return {
    name,
    step: { kind: 'kubernetes', workload: `${kind}/${name}`, to: 'previous', soak: '0s', ...step },
    changes: async () => (await generation()) - before,
    at: async () => {
      const now = canonical((await lab.workload(name)).spec.template)
      if (spared !== undefined && (await podOf(lab, `${name}-0`)) !== spared) return 'neither'
      return (['old', 'new'] as const)[templates.indexOf(now)] ?? 'neither'
    },
  }
}

/** A Rollout with two releases; nothing else than its spec counts. */
async function newRollout(lab: Lab): Promise<Subject> {
  const { deploy, rollout } = rolloutLab(lab)
  const name = `shop-${randomUUID().slice(0, 8)}`
  const template = async () => canonical((await rollout(name)).spec.template)
  await deploy(name, { image: '3.9', replicas: 1 })
  const old = await template()
  await deploy(name, { image: '3.10', replicas: 1 })
  const templates = [old, await template()]
  const generation = async () => (await rollout(name)).metadata.generation ?? 0
  const before = await generation()
  return {
    name,
    step: { kind: 'argo-rollouts', rollout: name, to: 'previous', soak: '0s' },
    changes: async () => (await generation()) - before,
    at: async () => (['old', 'new'] as const)[templates.indexOf(await template())] ?? 'neither',
  }
}

/** The newest pod of an ordered StatefulSet fails, so its controller waits for it and moves no other. */
async function holdUp(lab: Lab, name: string, replicas: number): Promise<void> {
  await lab.deploy(name, { image: '3.10', replicas, behaviour: 'crash-loop' }, 'observed')
  await until(
    () => lab.pods(name),
    (pods) => JSON.stringify(pods).includes('CrashLoopBackOff'),
    () => 'no pod fails',
    60_000,
  )
}

async function podOf(lab: Lab, name: string): Promise<string | undefined> {
  const { items } = await lab.ask<{ items: { metadata: { name: string; uid: string } }[] }>(
    'GET',
    `/api/v1/namespaces/${lab.namespace}/pods`,
  )
  return items.find(({ metadata }) => metadata.name === name)?.metadata.uid
}

export async function begin(
  { client, configuration }: Pick<Ground, 'client' | 'configuration'>,
  { name, step }: Pick<Subject, 'name' | 'step'>,
): Promise<WorkflowHandle> {
  const request = { service: name, environment: 'test', reason: 'the release is bad', steps: [step] }
  const input = compile(request, configuration, kinds, { subject: 'alice', groups: [] })
  return client.workflow.start('rollback', {
    workflowId: rollbackId('test', name),
    taskQueue: configuration.temporal?.taskQueue ?? TASK_QUEUE,
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

/** An activity of whatever the crashes are about. */
const VERB = /^(?:kubernetes|argo-rollouts)\.(\w+)$/

/** Resolves once this verb has been scheduled, or has been completed, for the nth time. */
export async function verb(
  run: WorkflowHandle,
  name: string,
  point: 'scheduled' | 'completed',
  nth = 1,
): Promise<void> {
  const look = async () => {
    const events = (await run.fetchHistory()).events ?? []
    const scheduled = events.filter(
      (event) => VERB.exec(event.activityTaskScheduledEventAttributes?.activityType?.name ?? '')?.[1] === name,
    )[nth - 1]
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
  const final = (seen: string) => !UNDER_WAY.has(seen)
  await until(look, final, (seen) => `the run is still ${seen}`, LIMIT)
  return run.query<RunState>('state')
}
