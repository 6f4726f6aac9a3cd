import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { Configuration } from '../../model/configuration.ts'
import type { FollowupState } from '../../model/followup.ts'
import { followupId } from '../../model/ids.ts'
import type { RunInput } from '../../model/run.ts'
import { startLinear } from '../doubles/vendors/linear.ts'
import { startPagerDuty } from '../doubles/vendors/pagerduty.ts'
import { startSlack } from '../doubles/vendors/slack.ts'
import { SECRETS } from '../notify/vendors.ts'
import { BOB, Engine, type EngineOptions } from '../support/engine.ts'
import { runbookInput } from '../support/runbook.ts'
import { until } from '../support/until.ts'
import { scenarios } from './scenario.ts'

// A message that may have arrived is not told again before an earlier attempt must have ended.
vi.setConfig({ testTimeout: 180_000 })

const COMMUNICATE = { started: ['chat'], needsPerson: ['chat', 'oncall'], finished: ['chat'], ticket: ['tickets'] }

/** Doubles of a chat, an on-call service and a tracker, and the channels that lead to them. */
async function open() {
  Object.assign(process.env, SECRETS)
  const [slack, pagerduty, linear] = [await startSlack(), await startPagerDuty(), await startLinear()]
  for (const double of [slack, pagerduty, linear]) onTestFinished(() => double.close())
  const token = { token: { env: 'UNWIND_TEST_TOKEN' } }
  const { channels, worker } = Configuration.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration', environments: {}, connections: {} },
    channels: {
      chat: { kind: 'slack', channel: 'C1', origin: slack.url },
      oncall: { kind: 'pagerduty', origin: pagerduty.url, api: pagerduty.url },
      tickets: { kind: 'linear', team: '9cfb482a-81e3-4154-b5b9-2c805e70a02d', origin: linear.url },
    },
    worker: {
      channels: {
        chat: { token: { env: 'UNWIND_TEST_SLACK' } },
        oncall: { ...token, routingKey: { env: 'UNWIND_TEST_ROUTING' } },
        tickets: token,
      },
    },
  })
  const configuration: EngineOptions['configuration'] = { ...(channels && { channels }), worker }
  return { slack, pagerduty, linear, configuration }
}

function input(engine: Engine, parts: object[], more: Partial<RunInput> = {}): RunInput {
  const telling = { every: 60_000, url: 'https://unwind.example.test/run' }
  return runbookInput(engine, parts, { communicate: COMMUNICATE }, { telling, ...more })
}

const MANUAL = { role: 'manual' as const, asked: { text: 'Does the shop sell again?' } }

scenarios('people who are told', (start) => {
  test('promise 7, people are told: one message per run, which changes with it, a thread of events, one alert and one ticket', async () => {
    const { slack, pagerduty, linear, configuration } = await open()
    const engine = await start({ configuration })
    engine.system.put('a', 'v1', 'v2')
    const run = await engine.begin(input(engine, [{ object: 'a' }, MANUAL]))
    await run.sees(({ steps }) => steps[1]?.status === 'asking', 60_000)
    await until(
      async () => pagerduty.alerts.map(({ status }) => status),
      (alerts) => alerts[0] === 'triggered',
      () => 'nobody was paged',
      60_000,
    )
    await run.send('claim', {}, BOB)
    await until(
      async () => pagerduty.alerts.map(({ status }) => status),
      (alerts) => alerts[0] === 'acknowledged',
      () => 'the claim did not acknowledge the alert',
      60_000,
    )
    await run.send('answer', { questionId: 's2', attempt: 1, answer: 'yes' }, BOB)
    const { runId, ticket } = await run.ends()
    expect(ticket).toBe('https://linear.app/acme/issue/OPS-1')
    const headers = () => slack.messages.filter(({ thread_ts }) => thread_ts === undefined)
    await until(
      async () => headers()[0]?.text ?? '',
      (text) => text.includes('recovered'),
      (text) => `the message says ${text}`,
      60_000,
    )
    expect(headers()).toHaveLength(1)
    expect(JSON.stringify(headers()[0])).toContain(ticket)
    await until(
      async () => slack.messages.length,
      () => slack.messages.some(({ metadata }) => metadata?.event_payload.key.includes('/finished/')),
      () => 'the end was not told',
      60_000,
    )
    const events = slack.messages.flatMap(({ thread_ts, metadata }) => (thread_ts ? [metadata?.event_payload.key] : []))
    expect(new Set(events).size).toBe(events.length)
    expect(pagerduty.alerts.map(({ status }) => status)).toEqual(['resolved'])
    await until(
      async () => linear.issues[0]?.title ?? '',
      (title) => title.endsWith('recovered'),
      (title) => `the ticket says ${title}`,
      60_000,
    )
    expect(linear.issues).toHaveLength(1)
    expect(linear.issues[0]?.description).toContain(runId)
    for (const { violations } of [slack, pagerduty, linear]) expect(violations).toEqual([])
  })

  test('hear of it later where their channel was down; the run does not wait, and its lock is free', async () => {
    const { slack, configuration } = await open()
    const engine = await start({ configuration })
    engine.system.put('a', 'v1', 'v2')
    slack.fault = { status: 503 }
    const run = await engine.begin(input(engine, [{ object: 'a' }]))
    const { runId, untold = [], outcome } = await run.ends()
    expect(outcome).toBe('recovered')
    expect(untold.some(({ channels, event }) => channels[0] === 'chat' && event === 'finished')).toBe(true)
    slack.fault = undefined
    const followup = (await engine.client.workflow.getHandle(followupId(runId)).result()) as FollowupState
    expect(followup.deaf ?? []).toEqual([])
    const keys = slack.messages.map(({ metadata }) => metadata?.event_payload.key ?? '')
    expect(keys[0]).toBe(runId)
    expect(keys.some((key) => key.includes('/finished/'))).toBe(true)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('hear again at the promised time, in the same message', async () => {
    const { slack, configuration } = await open()
    const engine = await start({ configuration })
    const run = await engine.begin(input(engine, [MANUAL], { telling: { every: 400 } }))
    await until(
      async () => slack.asked.filter(({ path }) => path.endsWith('chat.update')).length,
      (updates) => updates > 3,
      (updates) => `${updates} updates`,
      60_000,
    )
    const state = await run.state()
    expect(state.nextUpdate).toBeGreaterThan(state.startedAt)
    await run.send('answer', { questionId: 's1', attempt: 1, answer: 'yes' }, BOB)
    await run.ends()
    expect(slack.messages.filter(({ thread_ts }) => thread_ts === undefined)).toHaveLength(1)
  })

  test('are told once also when the run goes on as a new execution meanwhile', async () => {
    const { slack, configuration } = await open()
    const engine = await start({ configuration })
    for (const name of ['a', 'b', 'c']) engine.system.put(name, 'v1', 'v2')
    const steps = ['a', 'b', 'c'].map((object) => ({ object }))
    const made = input(engine, steps)
    const run = await engine.begin({ ...made, limits: { ...made.limits, events: 40 } })
    const { runId } = await run.ends()
    await until(
      async () => slack.messages.map(({ metadata }) => metadata?.event_payload.key ?? ''),
      (keys) => keys.some((key) => key.includes('/finished/')),
      () => 'the end was not told',
      60_000,
    )
    const keys = slack.messages.map(({ metadata }) => metadata?.event_payload.key ?? '')
    expect(keys.filter((key) => key === runId)).toHaveLength(1)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('that a step of the runbook names are told while the run goes on', async () => {
    const { slack, configuration } = await open()
    const engine = await start({ configuration })
    slack.fault = { slow: 4_000 }
    const say = { role: 'notify' as const, asked: { text: 'Half of it is done', channels: ['chat'] } }
    const run = await engine.begin(input(engine, [say]))
    const { steps } = await run.ends()
    expect((steps[0]?.endedAt ?? 0) - (steps[0]?.startedAt ?? 0)).toBeLessThan(1_000)
  })
})

test('whoever is on call by PagerDuty may approve, as long as they are', async () => {
  const { pagerduty, configuration } = await open()
  const chat = configuration?.channels?.['oncall']
  const channels = { oncall: { ...chat, schedule: 'PSCHED' } } as NonNullable<typeof configuration>['channels']
  const engine = await Engine.start({
    temporalAddress: inject('temporalAddress'),
    configuration: { ...configuration, channels } as EngineOptions['configuration'] & object,
    policy: { approvals: [{ min: 1, groups: ['pagerduty:oncall'], self: false, expires: '30m' }] },
  })
  onTestFinished(() => engine.stop())
  engine.system.put('a', 'v1', 'v2')
  const run = await engine.rollback([{ object: 'a' }])
  const { planDigest = '' } = await run.reaches('awaiting-approval')
  pagerduty.oncall['PSCHED'] = ['carol@example.test']
  const impostor = { subject: 'dave@example.test', groups: ['pagerduty:oncall'] }
  await expect(run.send('approve', { planDigest }, impostor)).rejects.toMatchObject({ cause: { type: 'FORBIDDEN' } })
  await run.send('approve', { planDigest }, { subject: 'carol@example.test', groups: [] })
  expect((await run.ends()).outcome).toBe('recovered')
})
