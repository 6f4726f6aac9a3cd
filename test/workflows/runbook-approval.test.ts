import { expect, test } from 'vitest'
import type { ApprovalRule } from '../../model/policy.ts'
import type { CompiledRunbook } from '../../model/runbook/compiled.ts'
import { ALICE, BOB, type RunHandle } from '../support/engine.ts'
import { runbookInput } from '../support/runbook.ts'
import { scenarios } from './scenario.ts'

const CAROL = { subject: 'carol', groups: ['sre', 'dba'] }
const RULE: ApprovalRule = { min: 1, groups: ['sre'], self: false, expires: 60_000 }
const communicate = { started: ['ops'], needsPerson: ['oncall'], finished: ['ops', 'status'] }

/** What people were told, as `event → channels`, from the run's own history. */
async function told(run: RunHandle): Promise<string[]> {
  const { events } = await run.handle.fetchHistory()
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
    if (scheduled?.activityType?.name !== 'unwind.notify') return []
    const text = Buffer.from(scheduled.input?.payloads?.[0]?.data ?? []).toString()
    const { event, channels } = JSON.parse(text) as { event: string; channels: string[] }
    return [`${event} → ${channels.join(', ')}`]
  })
}

scenarios('approval of a runbook', (start) => {
  const guarded = (approvals: ApprovalRule[], more: Partial<CompiledRunbook> = {}) => ({ approvals, ...more })

  test('the first rule whose condition holds applies, and the floor of the environment comes on top', async () => {
    const floor = { min: 1, groups: ['dba'], self: true, expires: '30m' }
    const engine = await start({ policy: { approvals: [floor] } })
    for (const name of ['a', 'b']) engine.system.put(name, 'v1', 'v2')
    const rules = [{ ...RULE, when: 'plan.irreversible || plan.data', min: 2 }, RULE]
    const plain = await engine.plan(runbookInput(engine, [{ object: 'a' }], guarded(rules)))
    expect(plain.need?.rules.map(({ min, groups }) => [min, ...groups])).toEqual([
      [1, 'sre'],
      [1, 'dba'],
    ])
    const grave = runbookInput(engine, [{ object: 'b', fields: { irreversible: true } }], guarded(rules))
    const run = await engine.begin(grave)
    const { planDigest = '', need } = await run.reaches('awaiting-approval')
    expect(need?.rules.map(({ min, groups }) => [min, ...groups])).toEqual([
      [2, 'sre'],
      [1, 'dba'],
    ])
    await run.send('approve', { planDigest }, BOB)
    await expect(run.send('approve', { planDigest }, BOB)).rejects.toMatchObject({ cause: { type: 'FORBIDDEN' } })
    expect((await run.state()).phase).toBe('awaiting-approval')
    await run.send('approve', { planDigest }, CAROL)
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('a condition that can not be evaluated counts as one that holds', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const rules = [{ ...RULE, when: 'size(release.migrations) > 0', min: 3 }, RULE]
    const { need } = await engine.plan(runbookInput(engine, [{ object: 'a' }], guarded(rules)))
    expect(need?.rules.map(({ min }) => min)).toEqual([3])
  })

  test('the digest covers the revision, the procedure and what the steps ask', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2')
    const ask = (text: string) => [{ object: 'a' }, { role: 'manual' as const, asked: { text }, fields: { text } }]
    const digests = await Promise.all(
      [
        runbookInput(engine, ask('Close the shop')),
        runbookInput(engine, ask('Close the shop')),
        runbookInput(engine, ask('Open the shop')),
        runbookInput(engine, ask('Close the shop'), { revision: '2'.repeat(64) }),
      ].map(async (input) => (await engine.plan({ ...input, service: 'one' })).digest),
    )
    expect(digests[0]).toBe(digests[1])
    expect(new Set(digests).size).toBe(3)
  })

  test('plans that lead to different releases are refused where the runbook takes one', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2').release = '2026.11.1'
    engine.system.put('b', 'v1', 'v2').release = '2026.11.2'
    const parts = [{ object: 'a' }, { object: 'b' }]
    const refused = await (await engine.begin(runbookInput(engine, parts, { oneRelease: true }))).ends()
    expect(refused).toMatchObject({ outcome: 'not-applicable', problem: { code: 'RELEASE_MIXED' } })
    expect(refused.problem?.message).toContain('s1 → 2026.11.1, s2 → 2026.11.2')
    expect((await (await engine.begin(runbookInput(engine, parts))).ends()).outcome).toBe('recovered')
  })

  test('who may approve is reminded, then somebody above is told; time that runs out is a no', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2')
    const rule = { ...RULE, remind: 300, escalate: 500, expires: 1_500 }
    const contacts = { escalation: '@platform-lead' }
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }], guarded([rule], { communicate, contacts })))
    const state = await run.ends()
    expect(state.outcome).toBe('expired')
    expect(object.writes).toEqual([])
    const types = state.timeline.map(({ type }) => type)
    expect(types.filter((type) => type === 'reminded').length).toBeGreaterThanOrEqual(2)
    expect(types.filter((type) => type === 'escalated')).toHaveLength(1)
    const messages = await told(run)
    expect(messages.filter((message) => message === 'escalated → @platform-lead')).toHaveLength(1)
    expect(messages).toContain('reminded → oncall')
  })

  test('breaking the glass goes on without approval, pages, and owes one afterwards', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }], guarded([RULE], { communicate })))
    const { planDigest = '' } = await run.reaches('awaiting-approval')
    const bare = run.send('breakGlass', { planDigest, incident: 'INC-7', note: '' })
    await expect(bare).rejects.toMatchObject({ cause: { type: 'DECISION_REFUSED' } })
    await run.send('breakGlass', { planDigest, incident: 'INC-7', note: 'the shop is down, nobody answers' })
    const state = await run.ends()
    expect(state).toMatchObject({ outcome: 'recovered', brokenGlass: { by: 'alice', incident: 'INC-7', planDigest } })
    expect(state.obligations).toMatchObject([{ id: 'approval', owner: 'sre', text: expect.stringContaining('INC-7') }])
    expect(object.writes).toEqual(['v1'])
    expect(await told(run)).toContain('broken-glass → oncall')
  })

  test('what a broken glass has opened asks no more, also where the run went on as a new execution meanwhile', async () => {
    const engine = await start()
    const approve = { role: 'approve' as const, asked: { text: 'Open the gate' } }
    const asks = async (limits: object = {}) => {
      const input = runbookInput(engine, [approve, { role: 'manual', asked: { text: 'Look at it' } }])
      const run = await engine.begin({ ...input, limits: { ...input.limits, ...limits } })
      const { planDigest = '' } = await run.sees(({ steps }) => steps[0]?.asking !== undefined)
      return { run, planDigest, events: (await run.handle.describe()).historyLength }
    }
    // The limit is reached while the message is being read: the run then goes on with the question still open.
    const { run, planDigest } = await asks({ events: (await asks()).events + 1 })
    await run.send('breakGlass', { planDigest, incident: 'INC-7', note: 'the shop is down' })
    const { steps } = await run.sees(({ steps: [, manual] }) => manual?.asking !== undefined)
    expect(steps[0]).toMatchObject({ status: 'done' })
    expect(steps[0]).not.toHaveProperty('asking')
    await run.send('answer', { questionId: 's2', attempt: steps[1]?.attempt ?? 0, answer: 'yes' })
    expect((await run.ends()).outcome).toBe('recovered')
    expect((await run.handle.describe()).raw.workflowExecutionInfo?.firstRunId).not.toBe(
      (await run.handle.describe()).runId,
    )
  })

  test('a glass that was broken for another plan is whole again', async () => {
    const engine = await start()
    const object = engine.system.put('a', 'v1', 'v2', 'v3')
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }], guarded([RULE])))
    const { planDigest = '' } = await run.reaches('awaiting-approval')
    object.at = 'v2'
    await run.send('breakGlass', { planDigest, incident: 'INC-7', note: 'the shop is down' })
    const moved = await run.sees(({ timeline }) => timeline.some(({ type }) => type === 'plan-stale'))
    expect(moved.phase).toBe('awaiting-approval')
    expect(object.writes).toEqual([])
    await run.send('approve', { planDigest: moved.planDigest ?? '' }, BOB)
    expect((await run.ends()).outcome).toBe('recovered')
  })

  test('people are told of start, need and end, and channels that answer nothing hold nothing up', async () => {
    const engine = await start()
    engine.system.put('a', 'v1', 'v2').health = 'inconclusive'
    const run = await engine.begin(runbookInput(engine, [{ object: 'a' }], { communicate }, { limits: fast(engine) }))
    await run.sees(({ timeline }) => timeline.some(({ type }) => type === 'reminded'))
    await run.send('claim', {}, ALICE)
    await run.decide('done')
    expect((await run.ends()).outcome).toBe('recovered')
    const messages = await told(run)
    expect(messages[0]).toBe('started → ops')
    expect(messages).toContain('parked → oncall')
    expect(messages).toContain('reminded → oncall')
    expect(messages.at(-1)).toBe('finished → ops, status')
  })
})

/** Reminds a few times a second. */
function fast(engine: { input(steps: object[]): { limits: object } }) {
  return { ...engine.input([{ object: 'none' }]).limits, remind: 300 } as never
}
