import type { WorkflowHandle } from '@temporalio/client'
import { expect, test } from 'vitest'
import type { FollowupInput, FollowupState } from '../../model/followup.ts'
import { followupId } from '../../model/ids.ts'
import type { Actor } from '../../model/policy.ts'
import { ALICE, BOB, type Engine, type RunHandle, sign } from '../support/engine.ts'
import type { Target } from '../../model/target.ts'
import { failing, forbidden, ok, unreachable } from '../support/faults.ts'
import { holding } from '../support/holding.ts'
import { runbookInput } from '../support/runbook.ts'
import { until } from '../support/until.ts'
import { scenarios } from './scenario.ts'

const RULE = { min: 1, groups: ['sre'], self: false, expires: 60_000 }

async function settle(handle: WorkflowHandle, id: string, actor: Actor, note?: string): Promise<void> {
  const content = { id, ...(note && { note }) }
  const signed = await sign(handle.workflowId, 'settle', content, actor)
  await handle.executeUpdate('settle', { args: [{ ...content, signed }] })
}

/** A run that alice has carried through an approval that it did not have. */
async function glassBroken(engine: Engine): Promise<RunHandle> {
  engine.system.put('a', 'v1', 'v2')
  const input = runbookInput(engine, [{ object: 'a' }], { approvals: [RULE], communicate: { needsPerson: ['log'] } })
  const run = await engine.begin(input)
  const { planDigest = '' } = await run.reaches('awaiting-approval')
  await run.send('breakGlass', { planDigest, incident: 'INC-7', note: 'the shop is down' }, ALICE)
  return run
}

async function owedBy(engine: Engine, changes: Partial<FollowupInput>): Promise<WorkflowHandle> {
  const { service } = engine.input([{ object: 'a' }])
  const input: FollowupInput = {
    format: 1,
    ...{ runId: service, rollbackId: `rollback/test/${service}`, service, environment: 'test', reason: 'bad' },
    obligations: [
      { id: 'merge', text: 'Merge the pull request', owner: 'team', due: Date.now() + 60_000 },
      { id: 'drop', text: 'Drop the retained database', owner: 'dba', due: Date.now() + 60_000 },
    ],
    channels: ['log'],
    remind: 60_000,
    events: 1_000,
    ...changes,
  }
  return engine.client.workflow.start('followup', {
    workflowId: followupId(service),
    taskQueue: engine.configuration.temporal?.taskQueue ?? '',
    args: [input],
  })
}

scenarios('what is still owed', (start) => {
  test('outlives the run that left it, which ends and frees its lock', async () => {
    const engine = await start()
    const run = await glassBroken(engine)
    const { runId, obligations } = await run.ends()
    expect(obligations).toMatchObject([{ id: 'approval' }])
    const handle = engine.client.workflow.getHandle(followupId(runId))
    const state = await handle.query<FollowupState>('obligations')
    expect(state).toMatchObject({ runId, environment: 'test', obligations: [{ id: 'approval', owner: 'sre' }] })
    expect((await handle.describe()).memo).toMatchObject({ followup: { runId } })
    const again = await engine.rollback([{ object: 'a', to: 'v2' }], {
      service: run.handle.workflowId.split('/')[2] ?? '',
    })
    expect((await again.ends()).outcome).toBe('recovered')
    await settle(handle, 'approval', BOB, 'looked at it')
    expect(await handle.result()).toMatchObject({ obligations: [{ settled: { by: 'bob', note: 'looked at it' } }] })
  })

  test('an approval that was gone without is given by somebody else, and once', async () => {
    const engine = await start()
    const { runId } = await (await glassBroken(engine)).ends()
    const handle = engine.client.workflow.getHandle(followupId(runId))
    await expect(settle(handle, 'approval', ALICE)).rejects.toMatchObject({ cause: { type: 'FORBIDDEN' } })
    await settle(handle, 'approval', BOB)
    await handle.result()
  })

  test('is settled only by a message that the API has signed, for this very obligation', async () => {
    const engine = await start()
    const handle = await owedBy(engine, {})
    const send = (message: object) => handle.executeUpdate('settle', { args: [message] })
    await expect(send({ id: 'merge' })).rejects.toMatchObject({ cause: { type: 'FORBIDDEN' } })
    const signed = await sign(handle.workflowId, 'settle', { id: 'merge' }, BOB)
    await expect(send({ id: 'drop', signed })).rejects.toMatchObject({ cause: { type: 'UNAUTHENTICATED' } })
    await expect(settle(handle, 'other', BOB)).rejects.toMatchObject({ cause: { type: 'NOT_FOUND' } })
    await settle(handle, 'merge', BOB)
    await expect(settle(handle, 'merge', ALICE)).rejects.toMatchObject({ cause: { type: 'DECISION_REFUSED' } })
    await settle(handle, 'drop', ALICE)
    const { obligations } = (await handle.result()) as FollowupState
    expect(obligations.map(({ settled }) => settled?.by)).toEqual(['bob', 'alice'])
  })

  test('people are reminded until it is settled, also over continuations, each time once', async () => {
    const engine = await start()
    const handle = await owedBy(engine, { remind: 100, events: 12 })
    const { runId } = await handle.describe()
    await until(
      async () => (await handle.describe()).runId,
      (now) => now !== runId,
      () => 'it has not continued as a new execution',
    )
    const state = await handle.query<FollowupState>('obligations')
    expect(state.obligations.map(({ nudged }) => nudged?.reminded)).toEqual([expect.any(Number), expect.any(Number)])
    await settle(handle, 'merge', BOB)
    await settle(handle, 'drop', BOB)
    expect(await handle.result()).toMatchObject({ obligations: [{ id: 'merge' }, { id: 'drop' }] })
  })

  test('what a step holds is let go without a person once its target finds so, long after the run has ended', async () => {
    const engine = await start({ wrap: (target) => holding(target, 3), limits: { watch: 200 } })
    engine.system.put('a', 'v1', 'v2')
    const { runId, outcome, obligations } = await (await engine.rollback([{ object: 'a' }])).ends()
    expect(outcome).toBe('recovered')
    expect(obligations).toMatchObject([
      { id: 'held-memory-1', owner: 'alice', text: expect.stringContaining('held until Git') },
    ])
    const state = (await engine.client.workflow.getHandle(followupId(runId)).result()) as FollowupState
    expect(state.obligations).toMatchObject([{ settled: { by: 'unwind', note: 'Git agrees' } }])
  })

  test('a run that was taken back holds nothing any more', async () => {
    const engine = await start({
      wrap: (target) => failing(holding(target, 1), { apply: [ok, forbidden] }),
    })
    engine.system.put('a', 'v1', 'v2')
    engine.system.put('b', 'v1', 'v2')
    const run = await engine.rollback([{ object: 'a' }, { object: 'b' }])
    await run.decide('compensate')
    expect(await run.ends()).not.toHaveProperty('obligations')
  })

  test('what is held also goes on being watched over continuations, and where its target does not answer', async () => {
    const wrap = (target: Target) => failing(holding(target, 4), { settle: [unreachable, ok, unreachable] })
    const engine = await start({ wrap, limits: { watch: 100, events: 30 } })
    engine.system.put('a', 'v1', 'v2')
    const { runId } = await (await engine.rollback([{ object: 'a' }])).ends()
    const state = (await engine.client.workflow.getHandle(followupId(runId)).result()) as FollowupState
    expect(state.obligations).toMatchObject([{ settled: { by: 'unwind' } }])
  })
})
