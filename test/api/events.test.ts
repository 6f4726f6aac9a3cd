import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { readEvents, type StreamEvent } from '../../cli/sse.ts'
import type { RunState, TimelineEvent } from '../../model/run.ts'
import { awkward } from '../prove/input/awkward.ts'
import { Engine } from '../support/engine.ts'
import { type OpenApi, openApi } from './open.ts'
import { pathOf, rollbackOf } from './request.ts'
import { ended, parked, reaches } from './run.ts'

let engine: Engine
let api: OpenApi
let url: string
beforeAll(async () => {
  engine = await Engine.start({ temporalAddress: inject('temporalAddress') })
  api = openApi({
    address: inject('temporalAddress'),
    configuration: engine.configuration,
    watchLimits: { clients: 12, perRun: 10 },
  })
  url = await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await api.close()
  await engine.stop()
})

async function start(): Promise<{ service: string; object: string }> {
  const object = parked(engine)
  const body = rollbackOf(object)
  await api.call('POST', '/v1/rollbacks', body)
  await reaches(api, body.service, 'parked')
  return { service: body.service, object }
}

async function decide(service: string, choice: string): Promise<void> {
  const { parked: at } = await reaches(api, service, 'parked')
  await api.call('POST', pathOf(service, 'decisions'), { stepId: at?.stepId, attempt: at?.attempt, choice })
}

function open(service: string, lastEventId?: string, signal = AbortSignal.timeout(20_000)): Promise<Response> {
  const headers = lastEventId ? { 'last-event-id': lastEventId } : {}
  return fetch(`${url}${pathOf(service, 'events')}`, { signal, headers })
}

/** All events up to the first that is wanted, which is among them. */
async function read(response: Response, wanted: (event: StreamEvent) => boolean): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  if (!response.body) throw new Error('the answer has no body')
  for await (const event of readEvents(response.body)) {
    events.push(event)
    if (wanted(event)) break
  }
  return events
}

function timeline(events: StreamEvent[]): TimelineEvent[] {
  return events.filter(({ event }) => event === 'timeline').map(({ data }) => JSON.parse(data) as TimelineEvent)
}

test('a watcher sees the whole timeline once, in order, the record after each change, and the end', async () => {
  const { service } = await start()
  const response = await open(service)
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const watching = read(response, ({ event }) => event === 'end')
  await decide(service, 'abort')
  const events = await watching
  const document = await ended(api, service)
  expect(timeline(events)).toEqual(document.timeline)
  const states = events.filter(({ event }) => event === 'state').map(({ data }) => JSON.parse(data) as RunState)
  expect(states.map(({ phase }) => phase)).toContain('parked')
  expect(states.at(-1)).toMatchObject({ phase: 'ended', outcome: 'aborted' })
  expect(events.at(-1)).toMatchObject({ event: 'end', data: '{"outcome":"aborted"}' })
})

test('a stream goes on behind the last event that was seen, by id or by its bare number', async () => {
  const { service } = await start()
  const stop = new AbortController()
  const first = await read(await open(service, undefined, stop.signal), ({ event }) => event === 'state')
  stop.abort()
  const seen = timeline(first)
  const last = first.findLast(({ event }) => event === 'timeline')
  expect(last?.id).toMatch(/^\d+@[0-9a-f-]{36}$/)
  await decide(service, 'abort')
  const whole = (await ended(api, service)).timeline
  for (const id of [last?.id, String(seen.at(-1)?.seq)]) {
    const rest = await read(await open(service, id), ({ event }) => event === 'end')
    expect([...seen, ...timeline(rest)]).toEqual(whole)
  }
  const other = await read(await open(service, '3@another-run'), ({ event }) => event === 'end')
  expect(timeline(other)).toEqual(whole)
})

test('many watchers of one run all see the same', async () => {
  const { service } = await start()
  const responses = await Promise.all(Array.from({ length: 10 }, () => open(service)))
  const watching = responses.map((response) => read(response, ({ event }) => event === 'end'))
  await decide(service, 'abort')
  const timelines = (await Promise.all(watching)).map(timeline)
  for (const seen of timelines) expect(seen).toEqual(timelines[0])
})

test('one watcher too many is told so, with when to come back, and gets in once another has left', async () => {
  const { service } = await start()
  const stop = new AbortController()
  const responses = await Promise.all(Array.from({ length: 10 }, () => open(service, undefined, stop.signal)))
  const refused = await open(service)
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('5')
  expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_WATCHERS', retryable: true })
  stop.abort()
  for (const response of responses) await response.body?.cancel().catch(() => undefined)
  await expect.poll(async () => (await open(service)).status, { timeout: 5_000 }).toBe(200)
  await decide(service, 'abort')
})

test('the stream says what the running step does, and that no worker answers when none runs', async () => {
  const own = await Engine.start({ temporalAddress: inject('temporalAddress') })
  const other = openApi({ address: inject('temporalAddress'), configuration: own.configuration })
  const at = await other.app.listen({ host: '127.0.0.1', port: 0 })
  const body = rollbackOf(parked(own))
  await other.call('POST', '/v1/rollbacks', body)
  await reaches(other, body.service, 'parked')
  await own.stopWorker()
  const response = await fetch(`${at}${pathOf(body.service, 'events')}`, { signal: AbortSignal.timeout(20_000) })
  const events = await read(response, ({ event, data }) => event === 'doing' && data.includes('no worker answers'))
  expect(timeline(events)).toEqual([])
  await own.startWorker()
  const again = await fetch(`${at}${pathOf(body.service, 'events')}`, { signal: AbortSignal.timeout(20_000) })
  const later = await read(again, ({ event }) => event === 'state')
  expect(timeline(later).length).toBeGreaterThan(0)
  await other.close()
  await own.stop()
})

test('the stream says what the running step waits for, as its worker last said', async () => {
  const own = await Engine.start({ temporalAddress: inject('temporalAddress'), wrap: awkward })
  const other = openApi({ address: inject('temporalAddress'), configuration: own.configuration })
  const at = await other.app.listen({ host: '127.0.0.1', port: 0 })
  own.system.put('slow', 'v1', 'v2')
  const body = rollbackOf('slow')
  await other.call('POST', '/v1/rollbacks', body)
  const response = await fetch(`${at}${pathOf(body.service, 'events')}`, { signal: AbortSignal.timeout(20_000) })
  const events = await read(response, ({ event, data }) => event === 'doing' && data.includes('waiting'))
  expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({ doing: 'waiting', activity: 'memory.verify' })
  await other.call('POST', pathOf(body.service, 'abort'), { note: 'enough' })
  await ended(other, body.service)
  await other.close()
  await own.stop()
})

test('a run that continues as new executions is one run to its watchers and its readers', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `c${index}-${randomUUID()}`)
  for (const name of names) engine.system.put(name, 'v1', 'v2')
  engine.system.get(names[0] ?? '').health = 'inconclusive'
  const input = engine.input(names.map((object) => ({ object })))
  const run = await engine.begin({ ...input, limits: { ...input.limits, events: 30 } })
  const { runId, parked: at } = await run.reaches('parked')
  const watching = read(await open(input.service), ({ event }) => event === 'end')
  await run.send('decide', { stepId: at?.stepId ?? '', attempt: at?.attempt ?? 0, choice: 'done' })
  const events = await watching
  const { raw } = await run.handle.describe()
  expect(raw.workflowExecutionInfo?.execution?.runId).not.toBe(runId)
  const document = await ended(api, input.service, runId)
  expect(document).toMatchObject({ outcome: 'recovered', runId, stale: false })
  expect(timeline(events)).toEqual(document.timeline)
  expect(document.timeline.map(({ seq }) => seq)).toEqual(document.timeline.map((_, index) => index + 1))
})

test('a run that is unknown cannot be watched', async () => {
  const response = await open('never-seen')
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' })
})

test('the status is told at once, in its order, and once each', async () => {
  const { service } = await start()
  const response = await open(service)
  const watched = read(response, ({ event }) => event === 'end')
  await decide(service, 'abort')
  const told = (await watched).filter(({ event }) => event === 'status').map(({ data }) => JSON.parse(data) as unknown)
  expect(told).toEqual([...new Map(told.map((one) => [JSON.stringify(one), one])).values()])
  expect(told.at(-1)).toEqual({ status: 'aborted' })
})
