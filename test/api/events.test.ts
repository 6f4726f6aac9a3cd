import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { readEvents, type StreamEvent } from '../../cli/sse.ts'
import type { RunState, TimelineEvent } from '../../model/run.ts'
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

test('a run that is unknown cannot be watched', async () => {
  const response = await open('never-seen')
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' })
})
