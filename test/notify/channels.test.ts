import { afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { notifier } from '../../activities/notify/index.ts'
import type { NotifyCall, Told } from '../../model/calls.ts'
import { Configuration } from '../../model/configuration.ts'
import { type Around, notice } from '../../model/notices/notice.ts'
import type { RunState } from '../../model/run.ts'
import { fullRecord } from '../support/records.ts'
import { SECRETS, vendors } from './vendors.ts'

beforeAll(() => {
  for (const [name, value] of Object.entries(SECRETS)) process.env[name] = value
})
afterEach(() => {
  vi.useRealTimers()
})

const KINDS = Object.keys(vendors) as (keyof typeof vendors)[]

/** A worker's `unwind.notify` with one channel of this kind, called ops. */
async function open(kind: keyof typeof vendors, changes: object = {}) {
  const vendor = await vendors[kind]()
  onTestFinished(() => vendor.double.close())
  const configuration = Configuration.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration', environments: {}, connections: {} },
    channels: { ops: { kind, ...vendor.settings, ...changes } },
    worker: { channels: { ops: vendor.credentials } },
  })
  const tell = async (call: NotifyCall, attempt = 1): Promise<Told> => {
    const { channels } = await notifier(configuration, { attempt: () => attempt })(call)
    return channels[0] ?? { name: 'none', ok: false }
  }
  return { vendor, tell }
}

const RUN: RunState = { ...fullRecord(), phase: 'awaiting-approval', runId: 'run-1' }
delete RUN.outcome

function message(changes: Partial<NotifyCall> = {}, state: RunState = RUN, around: Partial<Around> = {}): NotifyCall {
  const { service, environment } = state
  const shown = notice(state, { now: state.startedAt + 1_000, url: 'https://unwind.example.test/run', ...around })
  const base = {
    key: 'run-1/started/1',
    channels: ['ops'],
    event: 'started',
    text: 'Rollback asked for',
    notice: shown,
  }
  return { ...base, service, environment, ...changes }
}

describe.each(KINDS)('%s', (kind) => {
  test('takes a message, as its vendor describes it; told again under the same key it is there once', async () => {
    const { vendor, tell } = await open(kind)
    const first = await tell(message())
    expect(first).toMatchObject({ ok: true })
    const once = vendor.objects()
    expect(once.length).toBeGreaterThan(0)
    const again = await tell(message(), 2)
    expect(vendor.objects()).toEqual(once)
    // A Teams webhook tells nothing of what it took, so a card that may be there is not sent again.
    expect(again.ok).toBe(kind !== 'teams')
    expect(vendor.double.violations).toEqual([])
  })

  test('shows the run as it goes on, in the same object', async () => {
    const { vendor, tell } = await open(kind)
    const { known } = await tell(message({}, RUN, { report: true }))
    const counted = new Set(vendor.objects())
    const ids = known === undefined ? {} : { known: { ops: known } }
    const ended: RunState = { ...RUN, phase: 'ended', outcome: 'recovered', endedAt: RUN.startedAt + 60_000 }
    const last = message({ event: 'finished', key: 'run-1/finished/9', ...ids }, ended, { report: true })
    expect(await tell(last)).toMatchObject({ ok: true, ...(known !== undefined && kind !== 'pagerduty' && { known }) })
    const added = vendor.objects().filter((each) => !counted.has(each))
    expect(added.length).toBeLessThanOrEqual(1)
    expect(vendor.double.violations).toEqual([])
  })

  test.each([
    ['cuts the connection', { hangUp: true }],
    ['answers 500', { status: 500 }],
    ['answers 429', { status: 429, headers: { 'retry-after': '7' } }],
    ['answers garbage', { garbage: true }],
  ])('that %s is a result, worth another try, and the next one puts it right', async (what, fault) => {
    const { vendor, tell } = await open(kind)
    vendor.double.fault = fault
    const failed = await tell(message())
    if (what === 'answers garbage' && ['teams', 'webhook'].includes(kind)) return expect(failed.ok).toBe(true)
    expect(failed).toMatchObject({ ok: false, again: what === 'answers 429' ? 7_000 : expect.any(Number) })
    expect(JSON.stringify(failed)).not.toMatch(/of-a-test|as asked|not what you expect/)
    vendor.double.fault = undefined
    const { unsure } = failed
    const next = await tell(message({ ...(unsure && { unsure }) }))
    expect(next.ok).toBe(!(kind === 'teams' && unsure))
  })

  test('that refuses the token says what to look at, and is not tried again', async () => {
    const { vendor, tell } = await open(kind)
    vendor.double.fault = { status: 401 }
    const failed = await tell(message())
    expect(failed).toEqual({ name: 'ops', ok: false, because: expect.stringMatching(/401.*token/) })
  })

  test('text of people holds no secret, no address and no markup of the system', async () => {
    const { vendor, tell } = await open(kind)
    const reason = 'password=hunter2 <!channel> <b>x</b> [a](javascript:b) mail alice@example.test ghp_0123456789abcdef'
    const state: RunState = { ...RUN, reason }
    await tell(message({ text: reason }, state, { report: true }))
    const said = JSON.stringify({ ...vendor.double, asked: [] })
    expect(said).not.toMatch(/hunter2|ghp_0123456789abcdef|alice@example/)
    expect(vendor.double.violations).toEqual([])
  })
})

test('words of one’s own take the place of a message’s text', async () => {
  const { vendor, tell } = await open('teams', {
    templates: { started: '{{ service }} in {{environment}}: {{nothing}}.' },
  })
  await tell(message())
  expect(vendor.objects().join()).toContain(`${RUN.service} in ${RUN.environment}: .`)
})

test('an alert is acknowledged by a claim, resolved when nobody is needed, and never opened again', async () => {
  const { vendor, tell } = await open('pagerduty')
  const alerts = (vendor.double as unknown as { alerts: { status: string }[] }).alerts
  const { known = '' } = await tell(message({ event: 'approval-needed' }))
  expect(alerts.map(({ status }) => status)).toEqual(['triggered'])
  const claimed = await tell(
    message({ event: 'claim', quiet: true, known: { ops: known } }, { ...RUN, claimedBy: 'bob' }),
  )
  expect(alerts.map(({ status }) => status)).toEqual(['acknowledged'])
  const running: RunState = { ...RUN, phase: 'running' }
  const closed = await tell(message({ event: 'running', quiet: true, known: { ops: claimed.known ?? '' } }, running))
  expect(alerts.map(({ status }) => status)).toEqual(['resolved'])
  await tell(message({ event: 'running', quiet: true, known: { ops: closed.known ?? '' } }, running))
  expect(alerts).toHaveLength(1)
})

test('what is public holds only the service and words of ours', async () => {
  const { vendor, tell } = await open('statuspage')
  await tell(message({ text: 'host db-7.internal is down' }))
  expect(vendor.objects()).toEqual([
    '{"unwind":{"run":"run-1"}}',
    `investigating: We are looking into a problem with ${RUN.service}.`,
  ])
})

test('what people wrote into an issue stays when its report is written anew', async () => {
  for (const kind of ['github', 'linear'] as const) {
    const { vendor, tell } = await open(kind)
    const { known = '' } = await tell(message({}, RUN, { report: true }))
    const [issue] = (vendor.double as unknown as { issues: { body: string; description: string }[] }).issues
    const field = kind === 'github' ? 'body' : 'description'
    if (issue) issue[field] = issue[field].replace('## Impact', '## Impact\n\nForty carts were lost.')
    const ended: RunState = { ...RUN, phase: 'ended', outcome: 'recovered', endedAt: RUN.startedAt + 60_000 }
    await tell(message({ key: 'k2', event: 'finished', known: { ops: known } }, ended, { report: true }))
    expect(issue?.[field]).toContain('Forty carts were lost.')
    expect(issue?.[field]).toContain('recovered')
  }
})

test('a name without a credential says which one is missing', async () => {
  const configuration = { channels: { ops: { kind: 'slack', channel: 'C1' } } } as unknown as Configuration
  const { channels } = await notifier(configuration)(message())
  expect(channels).toEqual([
    { name: 'ops', ok: false, because: expect.stringContaining('worker.channels.ops.token is not configured') },
  ])
})
