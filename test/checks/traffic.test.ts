import { expect, test } from 'vitest'
import { trafficOf } from '../../activities/traffic.ts'
import { Configuration } from '../../model/configuration.ts'
import { served } from './serving.ts'

const place = { service: 'shop', environment: 'production' }

/** A Prometheus of production whose query `requests` counts them, and one of another environment. */
function configured(origin: string, more: object = { traffic: 'requests' }): Configuration {
  const queries = { requests: { query: 'sum(rate(requests_total{service="{{ service }}"}[{{ window }}]))' } }
  const metrics = { kind: 'prometheus', environment: 'production', origin, private: true, queries, ...more }
  return Configuration.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration', environments: { production: {}, test: {} } },
    connections: { metrics, other: { ...metrics, environment: 'test' } },
  })
}

/** Answers with this number, and keeps what was asked. */
function answering(value: string, asked: string[] = []): Promise<string> {
  return served((request, answer) => {
    asked.push(new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '')
    const result = value === '' ? [] : [{ metric: {}, value: [Date.now() / 1_000, value] }]
    answer.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }))
  })
}

const traffic = (configuration: Configuration) => trafficOf(configuration, place)

test('what a service serves is asked by the query that its environment names for it', async () => {
  const asked: string[] = []
  const configuration = configured(await answering('117.6512', asked))
  expect(await traffic(configuration)).toBe('shop serves 118 requests a second now (metrics: requests)')
  expect(asked).toEqual(['sum(rate(requests_total{service="shop"}[1m]))'])
})

test.each([
  ['no query is named for it', async () => configured(await answering('5'), {})],
  ['there is no data', async () => configured(await answering(''))],
  ['the number is none', async () => configured(await answering('NaN'))],
  ['nobody answers', async () => configured('http://127.0.0.1:1')],
])('where %s, nothing is said and nothing fails', async (_, arrange) => {
  expect(await traffic(await arrange())).toBeUndefined()
})
