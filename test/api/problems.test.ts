import { connect } from 'node:net'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ProblemDocument } from '../../api/schemas/problem.ts'
import { type Answer, type OpenApi, openApi } from './open.ts'
import { pathOf, rollbackOf } from './request.ts'

let api: OpenApi
beforeAll(() => {
  api = openApi({ address: inject('temporalAddress') })
})
afterAll(() => api.close())

function expectProblem(answer: Answer<ProblemDocument>, status: number, code: string): void {
  expect(answer).toMatchObject({ status, body: { status, code, type: `urn:unwind:problem:${code}` } })
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(ProblemDocument.parse(answer.body).instance).toBe(`urn:uuid:${String(answer.headers['x-request-id'])}`)
}

test('a body that is no JSON, no JSON type, too large or missing is refused with its own code', async () => {
  const post = (body?: unknown, type?: string) =>
    api.call('POST', '/v1/rollbacks', body, type ? { 'content-type': type } : {})
  expectProblem(await post('{"a":'), 400, 'INVALID_REQUEST')
  expectProblem(await post('a: 1', 'text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE')
  expectProblem(await post('a=1', 'application/x-www-form-urlencoded'), 415, 'UNSUPPORTED_MEDIA_TYPE')
  expectProblem(await post(`"${'x'.repeat(300_000)}"`), 413, 'BODY_TOO_LARGE')
  expectProblem(await post(''), 400, 'INVALID_REQUEST')
  expectProblem(await post(), 400, 'INVALID_REQUEST')
  expectProblem(await post('{"__proto__": {"admin": true}}'), 400, 'INVALID_REQUEST')
})

test('a typing error in a key or a word is answered with what was probably meant, and where', async () => {
  const { reason: _, ...rest } = rollbackOf('shop')
  const answer = await api.call('POST', '/v1/rollbacks', { ...rest, raeson: 'the release is bad' })
  expectProblem(answer, 400, 'INVALID_REQUEST')
  expect(answer.body.errors).toContainEqual({ path: 'body', message: 'unknown key "raeson"; did you mean reason?' })
  expect(answer.body.errors).toContainEqual({ path: 'body.reason', message: 'is required' })
  const decision = await api.call('POST', pathOf('shop', 'decisions'), { stepId: 'a', attempt: 1, choice: 'rety' })
  expect(decision.body.errors?.[0]?.message).toContain('did you mean retry?')
})

test('an unknown environment, connection, kind or field of a step names what there is', async () => {
  const environment = await api.call('POST', '/v1/rollbacks', rollbackOf('shop', 'a', { environment: 'prod' }))
  expectProblem(environment, 400, 'INVALID_REQUEST')
  expect(environment.body.detail).toContain('there is: test')
  const system = rollbackOf('shop', 'a', { steps: [{ kind: 'memory', object: 'shop', system: 'other' }] })
  expect((await api.call('POST', '/v1/rollbacks', system)).body.detail).toContain('there is: memory')
  const kind = rollbackOf('shop', 'a', { steps: [{ kind: 'memry', object: 'shop' }] })
  expectProblem(await api.call('POST', '/v1/rollbacks', kind), 400, 'INVALID_REQUEST')
})

test('an unknown route, method or rollback is not found, and a path that is no URL is not valid', async () => {
  expectProblem(await api.call('GET', '/v2/rollbacks'), 404, 'NOT_FOUND')
  expectProblem(await api.call('DELETE', pathOf('shop')), 404, 'NOT_FOUND')
  expectProblem(await api.call('GET', pathOf('never-seen')), 404, 'NOT_FOUND')
  const run = '0e6a6b6e-0000-4000-8000-000000000000'
  expectProblem(await api.call('GET', `${pathOf('never-seen')}?run=${run}`), 404, 'NOT_FOUND')
  expectProblem(await api.call('GET', '/v1/rollbacks/%zz/x'), 400, 'INVALID_REQUEST')
  expectProblem(await api.call('GET', pathOf('Not-A-Name')), 400, 'INVALID_REQUEST')
  expectProblem(await api.call('GET', pathOf('x'.repeat(300))), 400, 'INVALID_REQUEST')
})

test('no text of a filter reaches the query of the visibility store unchecked', async () => {
  const queries = ['service=a"%20OR%20"a"="a', 'status=running%22', 'limit=1e9', 'page=../..', 'environment=*']
  for (const query of queries) expectProblem(await api.call('GET', `/v1/rollbacks?${query}`), 400, 'INVALID_REQUEST')
})

test('what is not even HTTP gets a problem document too', async () => {
  const url = new URL(await api.app.listen({ host: '127.0.0.1', port: 0 }))
  const answer = await raw(Number(url.port), 'NONSENSE\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json\r\n/)
  expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'INVALID_REQUEST', status: 400 })
  const large = await raw(Number(url.port), `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)
  expect(large).toContain('the headers are larger')
})

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk
    })
    socket.on('end', () => resolve(received)).on('error', reject)
    socket.setTimeout(5_000, () => reject(new Error(`no answer but ${received}`)))
  })
}
