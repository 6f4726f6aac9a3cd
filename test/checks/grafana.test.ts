import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { grafana as check } from '../../activities/checks/grafana/index.ts'
import { GrafanaMeasurement, grafanaKind } from '../../activities/checks/grafana/schema.ts'
import { Connection } from '../../model/configuration.ts'
import type { Credentials } from '../../model/connections/credentials.ts'
import type { GrafanaConnection } from '../../model/connections/grafana.ts'
import type { Fault } from '../doubles/double.ts'
import { frameOf, type Grafana, instant, startGrafana } from '../doubles/vendors/grafana.ts'

let grafana: Grafana
let folder: string
let credentials: Credentials
beforeAll(async () => {
  grafana = await startGrafana()
  folder = await mkdtemp(join(tmpdir(), 'unwind-grafana-'))
  credentials = { tokenFile: join(folder, 'token') }
  await writeFile(join(folder, 'token'), 'of-a-test\n')
})
afterAll(async () => {
  await grafana.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  grafana.fault = undefined
  grafana.gives = () => ({ status: 200, frames: [instant(0)] })
  grafana.queries.splice(0)
  grafana.violations.splice(0)
})

const ERRORS = { datasource: 'prom-1', query: 'errors{service="{{ service }}"}' }

/** One measurement of the query `errors`, for the service `shop` in `test`. */
async function ask(fields: object = {}, query: object = {}, entry: object = {}, signal = new AbortController().signal) {
  const connection = Connection.parse({
    ...{ kind: 'grafana', environment: 'test', origin: grafana.url, private: true },
    queries: { errors: { ...ERRORS, ...query } },
    ...entry,
  }) as GrafanaConnection
  const measurement = GrafanaMeasurement.parse({ grafana: 'errors', below: '1%', ...fields })
  const context = { service: 'shop', environment: 'test', signal }
  const verdict = await check.measure(measurement, {
    ...context,
    connection: { name: 'graphs', entry: connection, credentials },
  })
  expect(grafana.violations).toEqual([])
  return verdict
}

const gives = (...frames: object[]) => {
  grafana.gives = () => ({ status: 200, frames })
}
/** By refId. */
const givesEach = (frames: Record<string, object>) => {
  grafana.gives = ({ refId }) => ({ status: 200, frames: [frames[refId] ?? instant(0)] })
}

describe('a number', () => {
  test.each([
    [0.009, { below: 0.01 }, 'pass', 'errors: 0.009, wanted below 0.01'],
    [0.01, { below: 0.01 }, 'fail', 'errors: 0.01, wanted below 0.01'],
    [0.5, { below: '500ms' }, 'fail', 'errors: 0.5, wanted below 500ms'],
    [7, { below: 10, above: 5 }, 'pass', 'errors: 7, wanted above 5 and below 10'],
  ])('%s with %j is a %s', async (value, fields, status, summary) => {
    gives(instant(value))
    const verdict = await ask(fields)
    expect(verdict).toMatchObject({ status, evidence: { summary } })
    expect(verdict.evidence.facts).toMatchObject({ connection: 'graphs', query: 'errors', value })
  })

  test('may come without a time, as from SQL', async () => {
    gives(frameOf([['n', 'number', [0]]]))
    expect(await ask()).toMatchObject({ status: 'pass' })
  })
})

describe('what proves nothing is inconclusive, never a pass', () => {
  test.each([
    ['no frame', [], 'no data'],
    [
      'an empty frame',
      [
        frameOf([
          ['Time', 'time', []],
          ['Value', 'number', []],
        ]),
      ],
      'no data',
    ],
    ['null', [instant(null)], 'no data'],
    ['NaN', [instant(null, { entities: { NaN: [0] } })], 'NaN: there was nothing to count'],
    ['a zero denominator', [instant(null, { entities: { Inf: [0] } })], 'infinity: something is divided by zero'],
    ['minus infinity', [instant(null, { entities: { NegInf: [0] } })], 'infinity: something is divided by zero'],
    ['several series', [instant(0), instant(0)], '2 series, not one; aggregate them, such as by sum()'],
    [
      'several fields',
      [
        frameOf([
          ['a', 'number', [0]],
          ['b', 'number', [0]],
        ]),
      ],
      '2 series, not one',
    ],
    ['several rows', [frameOf([['a', 'number', [0, 0]]])], '2 values, not one; let the query give the last one only'],
    ['text', [frameOf([['a', 'string', ['0']]])], 'no data'],
    [
      'a warning',
      [frameOf([['a', 'number', [0]]], undefined, [{ severity: 'warning', text: 'some\nstores are away' }])],
      'it warns: some stores are away',
    ],
  ])('%s', async (_what, frames, words) => {
    gives(...frames)
    const summary = expect.stringContaining(`errors: ${words}`)
    expect(await ask()).toMatchObject({ status: 'inconclusive', evidence: { summary } })
  })

  test('more than is read', async () => {
    gives(frameOf([['a', 'number', [0]]], undefined, [{ severity: 'info', text: 'x'.repeat(70_000) }]))
    const summary = 'errors: more series than are read; aggregate them, such as by sum()'
    expect(await ask()).toMatchObject({ status: 'inconclusive', evidence: { summary } })
  })

  test('an old answer', async () => {
    gives(instant(0, { at: Date.now() - 600_000 }))
    expect(await ask()).toMatchObject({ status: 'inconclusive', evidence: { summary: /the answer is of 20/ } })
    expect(await ask({}, { maxAge: '1h' })).toMatchObject({ status: 'pass' })
  })

  test.each([
    [19, 'inconclusive', 'errors: made from 19 samples, at least 20 are needed'],
    [20, 'pass', 'errors: 0, wanted below 1%'],
  ])('%s samples where 20 are needed: %s', async (count, status, summary) => {
    givesEach({ samples: instant(count) })
    expect(await ask({}, { samples: 'sum(requests)', minSamples: 20 })).toMatchObject({ status, evidence: { summary } })
  })

  test('samples that are NaN, and a newest sample that is old or not there', async () => {
    givesEach({ samples: instant(null, { entities: { NaN: [0] } }) })
    expect(await ask({}, { samples: 'requests' })).toMatchObject({ status: 'inconclusive' })
    const query = { seen: 'timestamp(x)', maxAge: '30s' }
    givesEach({ seen: instant(Date.now() / 1_000 - 100) })
    const summary = 'errors: its newest sample is 1 min 40 s old'
    expect(await ask({}, query)).toMatchObject({ status: 'inconclusive', evidence: { summary } })
    givesEach({ seen: instant(Date.now() / 1_000 - 20) })
    expect(await ask({}, query)).toMatchObject({ status: 'pass' })
    givesEach({ seen: instant(null) })
    expect(await ask({}, query)).toMatchObject({ status: 'inconclusive' })
  })
})

describe('what could not be measured is no verdict', () => {
  test.each([
    ['500', { status: 500 }, 'TARGET_UNREACHABLE'],
    ['429', { status: 429 }, 'TARGET_UNREACHABLE'],
    ['403', { status: 403 }, 'TARGET_FORBIDDEN'],
    ['404', { status: 404 }, 'CONFIGURATION_INVALID'],
    ['302', { status: 302 }, 'CONFIGURATION_INVALID'],
    ['garbage', { garbage: true }, 'TARGET_UNREACHABLE'],
    ['a connection that is cut', { hangUp: true }, 'TARGET_UNREACHABLE'],
  ] satisfies [string, Fault, string][])('%s', async (_what, fault, code) => {
    grafana.fault = fault
    await expect(ask()).rejects.toMatchObject({ code, message: expect.not.stringMatching(/as asked|of-a-test/) })
  })

  test('a query that the data source refuses says why; one that it can’t answer is asked again', async () => {
    grafana.gives = () => ({ status: 400, error: `bad_data: unexpected <EOF>${'x'.repeat(900)}` })
    const refused = ask()
    await expect(refused).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID', message: /is refused: bad_data/ })
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringMatching(/x{201}/) })
    grafana.gives = () => ({ status: 502, error: 'no way to db-7.internal' })
    const away = { code: 'TARGET_UNREACHABLE', message: expect.not.stringContaining('db-7') }
    await expect(ask()).rejects.toMatchObject(away)
    givesEach({ number: instant(0) })
    grafana.gives = ({ refId }) =>
      refId === 'samples' ? { status: 500, error: 'x' } : { status: 200, frames: [instant(0)] }
    await expect(ask({}, { samples: 'requests' })).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
  })

  test('a Grafana that is slow is given up at the time-out, and a cancelled measurement at once', async () => {
    grafana.fault = { slow: 2_000 }
    const message = expect.stringContaining('no answer within 100 ms; look at Grafana')
    await expect(ask({ timeout: '100ms' })).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', message })
    const stop = new AbortController()
    const asked = ask({}, {}, {}, stop.signal)
    stop.abort()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('one in a private network is asked only where the connection says so', async () => {
    await expect(ask({}, {}, { private: false })).rejects.toMatchObject({ code: 'TARGET_MISMATCH' })
  })
})

test('queries are filled in and sent to their data source in one request, evaluated once, over the window', async () => {
  givesEach({ samples: instant(100), seen: instant(Date.now() / 1_000) })
  const query = {
    query: 'e{v="{{ version }}"}[{{ window }}]',
    samples: 'n{e="{{environment}}"}',
    seen: 's',
    window: '10m',
  }
  await ask({ version: 'v1.8' }, query)
  const [number, samples] = grafana.queries
  expect(grafana.queries.map(({ refId }) => refId)).toEqual(['number', 'samples', 'seen'])
  expect(number).toMatchObject({ datasource: { uid: 'prom-1' }, expr: 'e{v="v1.8"}[10m]', instant: true, range: false })
  expect(samples).toMatchObject({ expr: 'n{e="test"}' })
  expect(Number(number?.to) - Number(number?.from)).toBe(600_000)
})

test('a query of another data source is sent as that has it, with its variables filled in', async () => {
  await ask({}, { query: { rawSql: "SELECT 0 FROM orders WHERE service = '{{ service }}'", format: 'table' } })
  const [{ rawSql, format, expr } = {} as never] = grafana.queries as unknown as Record<string, unknown>[]
  expect([rawSql, format, expr]).toEqual(["SELECT 0 FROM orders WHERE service = 'shop'", 'table', undefined])
})

describe('what may be written', () => {
  test.each([
    ['{{ servic }}', {}],
    [{ rawSql: '{{ servic }}' }, {}],
    [{ refId: 'A' }, {}],
    [{ rawSql: 'x'.repeat(4_000) }, {}],
    ['x', { datasource: '../admin' }],
  ])('a query %j with %j is refused', (query, more) => {
    const entry = { kind: 'grafana', environment: 'test', origin: 'https://graphs.example.org' }
    const queries = { errors: { ...ERRORS, query, ...more } }
    expect(Connection.safeParse({ ...entry, queries }).success).toBe(false)
  })

  test('a query that there is not, one that needs a version and a measurement without a bound are found before anything runs', () => {
    const queries = { errors: ERRORS, of_version: { datasource: 'p', query: { rawSql: '{{ version }}' } } }
    const connection = Connection.parse({
      ...{ kind: 'grafana', environment: 'test', origin: 'https://graphs.example.org', queries },
    })
    const refused = (fields: object) =>
      grafanaKind.refuses?.(GrafanaMeasurement.parse({ below: 1, ...fields }), connection)
    expect(refused({ grafana: 'error' })).toBe('there is no query error; did you mean errors?')
    expect(refused({ grafana: 'of_version' })).toBe('the query of_version asks for {{ version }}; say version')
    expect(refused({ grafana: 'errors' })).toBeUndefined()
    expect(GrafanaMeasurement.safeParse({ grafana: 'errors' }).success).toBe(false)
  })
})
