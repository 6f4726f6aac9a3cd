import { afterEach, expect, inject, test } from 'vitest'
import { listen } from '../../api/main.ts'
import { memoryConfiguration } from '../support/engine.ts'
import { bearer, type OpenApi, type OpenOptions, openApi } from './open.ts'
import { pathOf, rollbackOf } from './request.ts'

const opened: OpenApi[] = []
afterEach(async () => {
  for (const api of opened.splice(0)) await api.close()
})

function open(options: Omit<OpenOptions, 'address'>): OpenApi {
  const api = openApi({ ...options, address: inject('temporalAddress') })
  opened.push(api)
  return api
}

test('without a token, with a wrong one or an expired one nobody gets in, and the answer says how', async () => {
  const api = open({ tokens: [{ text: 'good' }, { text: 'old', expires: '2020-01-01T00:00:00Z' }] })
  const long = bearer(`good${'x'.repeat(5_000)}`)
  for (const headers of [{}, bearer('bad'), bearer('old'), { authorization: 'Basic good' }, long]) {
    const answer = await api.call('GET', '/v1/rollbacks', undefined, headers)
    expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="unwind"')
  }
  expect((await api.call('GET', '/v1/rollbacks', undefined, bearer('good'))).status).toBe(200)
})

test('who may not do this is refused before the body is read, and told which verb is missing', async () => {
  const api = open({ tokens: [{ text: 'reader', subject: 'rita', verbs: ['read'] }] })
  const started = await api.call('POST', '/v1/rollbacks', '{ no json', bearer('reader'))
  expect(started).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
  expect(started.body.detail).toBe('rita may not start, only read; ask whoever keeps unwind.yaml for the verb')
  const messages = ['approvals', 'decisions', 'claim', 'pause', 'resume', 'abort', 'undo']
  for (const message of messages)
    expect((await api.call('POST', pathOf('shop', message), {}, bearer('reader'))).status).toBe(403)
  expect((await api.call('GET', '/v1/rollbacks', undefined, bearer('reader'))).status).toBe(200)
})

test('a decision to abort needs the right to abort', async () => {
  const api = open({ tokens: [{ text: 'decider', verbs: ['read', 'decide'] }] })
  const body = { stepId: 'a', attempt: 1, choice: 'abort' }
  const answer = await api.call('POST', pathOf('shop', 'decisions'), body, bearer('decider'))
  expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
})

test('a token for one environment is worth nothing in another: not in a path, a body or a filter', async () => {
  const api = open({ tokens: [{ text: 'staging', environments: ['staging'] }] })
  const calls = [
    api.call('GET', pathOf('shop'), undefined, bearer('staging')),
    api.call('POST', '/v1/rollbacks', rollbackOf('shop'), bearer('staging')),
    api.call('POST', '/v1/plans', rollbackOf('shop'), bearer('staging')),
    api.call('POST', pathOf('shop', 'abort'), { note: 'stop' }, bearer('staging')),
    api.call('GET', '/v1/rollbacks?environment=test', undefined, bearer('staging')),
    api.call('GET', '/v1/services/test/shop/history?kind=memory&object=shop', undefined, bearer('staging')),
  ]
  for (const answer of await Promise.all(calls))
    expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
})

test('health and the document are open to all, everything else is not', async () => {
  const api = open({ tokens: [{}] })
  for (const url of ['/healthz', '/openapi.json', '/docs']) expect((await api.call('GET', url)).status).toBe(200)
  type Paths = Record<string, Record<string, { security: unknown[] }>>
  for (const [path, operations] of Object.entries((api.app.swagger() as unknown as { paths: Paths }).paths))
    for (const [method, { security }] of Object.entries(operations)) {
      const url = path.replace('{environment}', 'test').replace('{service}', 'shop')
      const { status } = await api.call(method.toUpperCase(), url, method === 'post' ? {} : undefined)
      if (security.length > 0) expect([method, path, status]).toEqual([method, path, 401])
      else expect(status).not.toBe(401)
    }
})

test('a page of another site cannot use the API through a browser on this machine', async () => {
  const api = open({})
  const foreign: Record<string, string>[] = [
    { host: 'evil.example:7420' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
  ]
  for (const headers of foreign) {
    const answer = await api.call('POST', pathOf('shop', 'pause'), {}, headers)
    expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  }
  const own = { host: 'localhost:7420', origin: 'http://localhost:7420', 'sec-fetch-site': 'same-origin' }
  expect((await api.call('GET', '/v1/rollbacks', undefined, own)).status).toBe(200)
})

test('without tokens the API refuses to listen anywhere but on this machine', async () => {
  const configuration = memoryConfiguration()
  const wide = { ...configuration, api: { ...configuration.api, host: '0.0.0.0' } }
  const place = { connectionOptions: { address: inject('temporalAddress') }, namespace: 'default' }
  await expect(listen(wide, { place, log: false })).rejects.toThrow(/no api\.tokens are configured/)
})

test('the process listens, answers and closes, with or without Temporal', async () => {
  const configuration = memoryConfiguration()
  const place = { connectionOptions: { address: '127.0.0.1:1' }, namespace: 'default' }
  const local = { ...configuration, api: { ...configuration.api, port: 0 } }
  const api = await listen(local, { place, log: false })
  const answer = await fetch(`${api.url}/healthz`)
  expect(await answer.json()).toEqual({ status: 'ok' })
  await api.close()
  await expect(fetch(`${api.url}/healthz`)).rejects.toThrow()
})
