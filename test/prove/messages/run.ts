import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { measurements } from '../../../activities/checks/schemas.ts'
import { RunbookDocument } from '../../../activities/runbook.ts'
import { kinds } from '../../../activities/schemas.ts'
import { canonical } from '../../../model/canonical.ts'
import { followupId, rollbackId } from '../../../model/ids.ts'
import type { RunState } from '../../../model/run.ts'
import { compileRunbook } from '../../../model/runbook/compile.ts'
import { ALICE, sign } from '../../support/engine.ts'
import { until } from '../../support/until.ts'
import type { Lane } from './ground.ts'

/** How long a run and all that it tells may take, in milliseconds. */
const LIMIT = 240_000

/** Starts a run that tells this channel of everything: when it starts, that it waits for a person, how it ends; and a ticket. */
export async function begin(
  { client, configuration, taskQueue }: Lane,
  channel: string,
  wait: string,
  asks = true,
): Promise<WorkflowHandle> {
  const service = `s-${randomUUID().slice(0, 8)}`
  const all = [channel]
  const runbook = RunbookDocument.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Runbook', metadata: { name: 'messages', service } },
    communicate: { started: all, needsPerson: all, finished: all, ticket: all, every: '1h' },
    steps: [
      { kind: 'wait', id: 'first', for: wait },
      { kind: 'notify', id: 'say', channels: all, text: 'Half of it is done' },
      ...(asks ? [{ kind: 'manual', id: 'look', text: 'Does the shop sell again?' }] : []),
      { kind: 'wait', id: 'second', for: wait },
    ],
  })
  const revision = createHash('sha256').update(canonical(runbook)).digest('hex')
  const loaded = { runbook, revision, source: 'prove', reviewed: true }
  const request = { runbook: 'messages', environment: 'test', reason: 'the release is bad' }
  const input = compileRunbook(
    loaded,
    request,
    { configuration, kinds, measurements },
    { subject: 'alice', groups: [] },
  )
  const workflowId = rollbackId('test', service)
  const run = await client.workflow.start('rollback', { workflowId, taskQueue, args: [input] })
  if (asks) void answer(run, workflowId)
  return run
}

/** Says yes to the question as soon as it is asked. */
async function answer(run: WorkflowHandle, workflowId: string): Promise<void> {
  const content = { questionId: 'look', attempt: 1, answer: 'yes' }
  const deadline = Date.now() + LIMIT
  while (Date.now() < deadline) {
    const signed = await sign(workflowId, 'answer', content, ALICE)
    const taken = await run.executeUpdate('answer', { args: [{ ...content, signed }] }).then(
      () => true,
      () => false,
    )
    if (taken) return
    await pause(200)
  }
}

/** The record of a run that has ended, once everybody has been told or given up. Answers also when the workflow closed. */
export async function told(
  { client }: Lane,
  run: WorkflowHandle,
): Promise<{ state: RunState; closedAt: number; deaf: string[] }> {
  await until(
    async () => (await run.describe()).status.name,
    (status) => status === 'COMPLETED',
    (status) => `the run is ${status}`,
    LIMIT,
  )
  const state = (await run.result()) as RunState
  const closedAt = (await run.describe()).closeTime?.getTime() ?? 0
  const failures = state.timeline.filter(({ type, text }) => type === 'told' && text.includes('could not tell'))
  const deaf = failures.map(({ text }) => text)
  if (!state.untold) return { state, closedAt, deaf }
  const followup = client.workflow.getHandle(followupId(state.runId))
  await until(
    async () => (await followup.describe()).status.name,
    (status) => status === 'COMPLETED',
    (status) => `the follow-up is ${status}`,
    LIMIT,
  )
  const left = (await followup.result()) as { deaf?: string[] }
  return { state, closedAt, deaf: [...deaf, ...(left.deaf ?? [])] }
}
