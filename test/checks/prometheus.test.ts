import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PrometheusMeasurement, prometheusKind } from '../../activities/checks/prometheus/schema.ts'
import { Connection } from '../../model/configuration.ts'
import type { PrometheusConnection } from '../../model/connections/prometheus.ts'
import { ask } from './asking.ts'
import { served } from './serving.ts'

/** Answers every query with this body and status. */
const answering = (body: unknown, status = 200) =>
  served((_, answer) => answer.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)))
const now = () => Date.now() / 1_000
const vector = (...values: string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [now(), value] })) },
})
/** Answers by what the query holds; `errors` otherwise. */
const telling = (answers: Record<string, unknown>, seen: IncomingMessage[] = []) =>
  served((request, answer) => {
    seen.push(request)
    const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? ''
    const name = Object.keys(answers).find((key) => query.includes(key)) ?? 'errors'
    answer.end(JSON.stringify(answers[name]))
  })

describe('a number', () => {
  test.each([
    ['0.009', { below: 0.01 }, 'pass', 'errors: 0.009, wanted below 0.01'],
    ['0.01', { below: 0.01 }, 'fail', 'errors: 0.01, wanted below 0.01'],
    ['0.01', { below: undefined, atMost: '1%' }, 'pass', 'errors: 0.01, wanted at most 1%'],
    ['0.4999', { below: '500ms' }, 'pass', 'errors: 0.4999, wanted below 500ms'],
    ['0.5', { below: '500ms' }, 'fail', 'errors: 0.5, wanted below 500ms'],
    ['7', { below: 10, above: 5 }, 'pass', 'errors: 7, wanted above 5 and below 10'],
    ['4', { below: 10, above: 5 }, 'fail', 'errors: 4, wanted above 5 and below 10'],
    ['1e-05', { below: 0.01 }, 'pass', 'errors: 0.00001, wanted below 0.01'],
  ])('%s with %j is a %s', async (value, fields, status, summary) => {
    const verdict = await ask(await answering(vector(value)), fields)
    expect(verdict).toMatchObject({ status, evidence: { summary } })
    expect(verdict.evidence.facts).toMatchObject({ connection: 'metrics', query: 'errors', value: Number(value) })
  })

  test('may be a scalar too', async () => {
    const body = { status: 'success', data: { resultType: 'scalar', result: [now(), '0'] } }
    expect(await ask(await answering(body))).toMatchObject({ status: 'pass' })
  })
})

describe('what proves nothing is inconclusive, never a pass', () => {
  test.each([
    ['no data', vector(), 'no data'],
    ['NaN', vector('NaN'), 'NaN: there was nothing to count'],
    ['a zero denominator', vector('+Inf'), 'infinity: something is divided by zero'],
    ['minus infinity', vector('-Inf'), 'infinity: something is divided by zero'],
    ['no number', vector('0x0'), 'NaN: there was nothing to count'],
    ['several series', vector('0', '0'), '2 series, not one; aggregate them, such as by sum()'],
    ['a histogram', { status: 'success', data: { resultType: 'vector', result: [{ histogram: [] }] } }, 'a histogram'],
    ['a range', { status: 'success', data: { resultType: 'matrix', result: [] } }, 'a matrix, not one number'],
    ['text', { status: 'success', data: { resultType: 'string', result: [1, 'x'] } }, 'a string, not one number'],
    ['a warning', { ...vector('0'), warnings: ['some\nstores are away'] }, 'it warns: some stores are away'],
    ['more than is read', `{"status":"success","x":"${'x'.repeat(70_000)}"}`, 'more series than are read'],
  ])('%s', async (_what, body, words) => {
    const verdict = await ask(await answering(body))
    expect(verdict).toMatchObject({
      status: 'inconclusive',
      evidence: { summary: expect.stringContaining(`errors: ${words}`) },
    })
  })

  test('an old answer', async () => {
    const body = { status: 'success', data: { resultType: 'scalar', result: [now() - 600, '0'] } }
    const verdict = await ask(await answering(body))
    expect(verdict).toMatchObject({ status: 'inconclusive', evidence: { summary: /the answer is of 20/ } })
    expect(await ask(await answering(body), {}, { query: { maxAge: '1h' } })).toMatchObject({ status: 'pass' })
  })

  test.each([
    ['19', 'inconclusive', 'errors: made from 19 samples, at least 20 are needed'],
    ['20', 'pass', 'errors: 0, wanted below 1%'],
    ['NaN', 'inconclusive', 'errors: its samples: NaN: there was nothing to count'],
  ])('%s samples where 20 are needed: %s', async (count, status, summary) => {
    const origin = await telling({ requests: vector(count), errors: vector('0') })
    const query = { samples: 'sum(requests{service="{{ service }}"})', minSamples: 20 }
    expect(await ask(origin, {}, { query })).toMatchObject({ status, evidence: { summary } })
  })

  test('even a bad number that was made from too few', async () => {
    const origin = await telling({ requests: vector('2'), errors: vector('0.5') })
    const query = { samples: 'requests', minSamples: 20 }
    expect(await ask(origin, {}, { query })).toMatchObject({ status: 'inconclusive' })
  })

  test('a number whose newest sample is old', async () => {
    const query = { seen: 'timestamp(x)', maxAge: '30s' }
    const old = await telling({ timestamp: vector(String(now() - 100)), errors: vector('0') })
    const verdict = await ask(old, {}, { query })
    expect(verdict).toMatchObject({
      status: 'inconclusive',
      evidence: { summary: /its newest sample is 1 min 40 s old/ },
    })
    const fresh = await telling({ timestamp: vector(String(now() - 20)), errors: vector('0') })
    expect(await ask(fresh, {}, { query })).toMatchObject({ status: 'pass' })
    const none = await telling({ timestamp: vector(), errors: vector('0') })
    expect(await ask(none, {}, { query })).toMatchObject({ status: 'inconclusive' })
  })
})

describe('what could not be measured is no verdict', () => {
  test.each([
    [500, 'TARGET_UNREACHABLE'],
    [502, 'TARGET_UNREACHABLE'],
    [503, 'TARGET_UNREACHABLE'],
    [429, 'TARGET_UNREACHABLE'],
    [422, 'TARGET_UNREACHABLE'],
    [401, 'TARGET_FORBIDDEN'],
    [403, 'TARGET_FORBIDDEN'],
    [404, 'CONFIGURATION_INVALID'],
    [302, 'CONFIGURATION_INVALID'],
  ])('status %i is %s', async (status, code) => {
    await expect(ask(await answering('no', status))).rejects.toMatchObject({ code })
  })

  test('a query that is refused says why, once', async () => {
    const body = { status: 'error', errorType: 'bad_data', error: `parse error: unexpected <EOF>${'x'.repeat(900)}` }
    const asked = ask(await answering(body, 400))
    await expect(asked).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID', message: /is refused: parse error/ })
    await expect(asked).rejects.toMatchObject({ message: expect.not.stringMatching(/x{201}/) })
  })

  test.each([
    ['a page', '<html>s3cr3t log in</html>'],
    ['an error that is called a success', { status: 'error', error: 's3cr3t' }],
    ['half an answer', { status: 'success' }],
  ])('%s is asked again, and not quoted', async (_what, body) => {
    const asked = ask(await answering(body))
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
    await expect(asked).rejects.toMatchObject({ message: expect.not.stringContaining('s3cr3t') })
  })

  test('a server that never answers is given up at the time-out, a cancelled measurement at once', async () => {
    const origin = await served(() => undefined)
    await expect(ask(origin, { timeout: '100ms' })).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
      message: expect.stringContaining('no answer within 100 ms'),
    })
    const stop = new AbortController()
    const asked = ask(origin, {}, { signal: stop.signal })
    stop.abort()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('nobody listens', async () => {
    await expect(ask('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
  })

  test('a server in a private network is asked only where the connection says so', async () => {
    const asked = ask(await answering(vector('0')), {}, { entry: { private: false } })
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_MISMATCH' })
  })
})

test('the query is filled in and sent below the path of the connection', async () => {
  const seen: IncomingMessage[] = []
  const origin = await telling({ errors: vector('0') }, seen)
  const query = { query: 'errors{s="{{ service }}",e="{{environment}}",v="{{ version }}"}[{{ window }}]', window: '3m' }
  await ask(
    origin,
    { version: 'v1.8', server: 'metrics' },
    { query, entry: { path: '/prom', queries: { errors: query } } },
  )
  await ask(origin, { version: 'v1.8', window: '9m' }, { query })
  const urls = seen.map(({ url = '' }) => new URL(url, 'http://x'))
  expect(urls.map(({ pathname }) => pathname)).toEqual(['/prom/api/v1/query', '/api/v1/query'])
  expect(urls.map(({ searchParams }) => searchParams.get('query'))).toEqual([
    'errors{s="shop",e="test",v="v1.8"}[3m]',
    'errors{s="shop",e="test",v="v1.8"}[9m]',
  ])
})

describe('credentials', () => {
  test('are read from their files at each use, and stand in no error', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'unwind-token-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const [tokenFile, missing] = [join(folder, 'token'), join(folder, 'none')]
    const seen: IncomingMessage[] = []
    const origin = await telling({ errors: vector('0') }, seen)
    const sent = async () => (await ask(origin, {}, { credentials: { tokenFile } }), seen.at(-1)?.headers.authorization)
    await writeFile(tokenFile, 'first\n')
    expect(await sent()).toBe('Bearer first')
    await writeFile(tokenFile, 'second')
    expect(await sent()).toBe('Bearer second')
    await ask(origin, {}, { credentials: { user: 'unwind', passwordFile: tokenFile } })
    expect(seen.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('unwind:second').toString('base64')}`)
    await ask(origin)
    expect(seen.at(-1)?.headers.authorization).toBeUndefined()
    await writeFile(tokenFile, 's3cr3t\r\nx-other: 1')
    await expect(sent()).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.not.stringContaining('s3cr3t'),
    })
    for (const credentials of [{ tokenFile: missing }, { user: 'unwind' }, { passwordFile: tokenFile }])
      await expect(ask(origin, {}, { credentials })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
  })
})

describe('what may be written', () => {
  test.each([
    [{}, 'state a bound'],
    [{ below: 'much' }, 'a number, a percentage or a duration'],
    [{ below: 1, prometheus: 'sum(x)' }, 'lower case letters'],
    [{ below: 1, version: 'v1"} or vector(0' }, 'letters, digits'],
    [{ below: 1, window: '5 minutes' }, 'a number and a unit'],
  ])('%j is refused', (fields, words) => {
    const read = PrometheusMeasurement.safeParse({ prometheus: 'errors', ...fields })
    expect(read.error?.issues.flatMap((issue) => JSON.stringify(issue)).join()).toContain(words)
  })

  test.each([
    ['{{ servic }}', {}],
    ['x{{', {}],
    ['x', { path: 'prom' }],
    ['x', { path: '/prom/' }],
    ['x', { path: '/../x' }],
    ['x', { origin: 'https://user:pass@example.org' }],
  ])('a connection with the query %s and %j is refused', (query, more) => {
    const entry = { kind: 'prometheus', environment: 'test', origin: 'https://example.org', queries: { a: { query } } }
    expect(Connection.safeParse({ ...entry, ...more }).success).toBe(false)
  })

  test('a query that there is not, and one that needs a version, are found before anything runs', () => {
    const queries = { error_rate: { query: 'x' }, errors_of: { query: 'x{v="{{ version }}"}' } }
    const connection = Connection.parse({
      ...{ kind: 'prometheus', environment: 'test', origin: 'https://example.org', queries },
    }) as PrometheusConnection
    const refused = (fields: object) =>
      prometheusKind.refuses?.(PrometheusMeasurement.parse({ below: 1, ...fields }), connection)
    expect(refused({ prometheus: 'error_rat' })).toBe('there is no query error_rat; did you mean error_rate?')
    expect(refused({ prometheus: 'errors_of' })).toBe('the query errors_of asks for {{ version }}; say version')
    expect(refused({ prometheus: 'errors_of', version: 'v1' })).toBeUndefined()
    expect(refused({ prometheus: 'error_rate' })).toBeUndefined()
  })

  test('the title says what is measured', () => {
    const title = (fields: object) =>
      prometheusKind.title(PrometheusMeasurement.parse({ prometheus: 'errors', ...fields }))
    expect(title({ below: '1%' })).toBe('errors is below 1%')
    expect(title({ atLeast: 2, atMost: 5, version: 'v1' })).toBe('errors of v1 is at least 2 and at most 5')
  })
})
