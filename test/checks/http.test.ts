import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { httpCheck } from '../../activities/checks/http/index.ts'
import { HttpMeasurement, httpKind } from '../../activities/checks/http/schema.ts'
import { Connection, type HttpConnection } from '../../model/configuration.ts'
import { createAuthority } from '../../tools/kubernetes/certificates.ts'
import { until } from '../support/until.ts'
import { listening, measure, served } from './serving.ts'

describe('an answer', () => {
  test('of the wanted status passes, and the record holds status, time and address', async () => {
    const origin = await served((_, answer) => answer.end('secret body'))
    const verdict = await measure(origin, { path: '/healthz?token=abc' })
    expect(verdict).toEqual({
      status: 'pass',
      evidence: {
        summary: expect.stringMatching(/^shop \/healthz: status 200 after \d+ ms$/),
        facts: { connection: 'shop', address: '127.0.0.1', status: 200, ms: expect.any(Number) },
      },
    })
    expect(JSON.stringify(verdict)).not.toMatch(/secret|token|abc/)
  })

  test.each([
    [500, {}, 'status 500, wanted 200'],
    [503, { status: [200, 204] }, 'status 503, wanted 200 or 204'],
    [404, {}, 'status 404, wanted 200'],
  ])('of status %i fails', async (status, fields, what) => {
    const origin = await served((_, answer) => answer.writeHead(status).end())
    expect(await measure(origin, fields)).toMatchObject({ status: 'fail', evidence: { summary: `shop /: ${what}` } })
  })

  test('of several allowed ones passes', async () => {
    const origin = await served((_, answer) => answer.writeHead(204).end())
    expect(await measure(origin, { status: [200, 204] })).toMatchObject({ status: 'pass' })
  })

  test('that asks to come less often is no measurement', async () => {
    const origin = await served((_, answer) => answer.writeHead(429).end())
    await expect(measure(origin)).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' })
    expect(await measure(origin, { status: 429 })).toMatchObject({ status: 'pass' })
  })

  test('that leads elsewhere fails and is not followed, and where it leads is not told', async () => {
    const seen: (string | undefined)[] = []
    const origin = await served((request, answer) => {
      seen.push(request.url)
      answer.writeHead(302, { location: '/login?session=s3cr3t' }).end()
    })
    const verdict = await measure(origin)
    expect(verdict).toMatchObject({ status: 'fail' })
    expect(verdict.evidence.summary).toBe('shop /: status 302, wanted 200; redirects are not followed')
    expect(seen).toEqual(['/'])
  })

  test('that is too slow fails by its bound, and at its time-out', async () => {
    const origin = await served((request, answer) => {
      if (request.url === '/late') setTimeout(() => answer.end(), 60)
    })
    const late = await measure(origin, { path: '/late', below: '20ms' })
    expect(late).toMatchObject({
      status: 'fail',
      evidence: { summary: expect.stringContaining('wanted in less than') },
    })
    const never = await measure(origin, { path: '/never', timeout: '100ms' })
    expect(never.evidence.summary).toBe('shop /never: no whole answer within 100 ms')
    expect(never.status).toBe('fail')
  })

  test('that drips for ever fails at its time-out', async () => {
    const origin = await served((_, answer) => {
      answer.write('o')
      const drip = setInterval(() => answer.write('o'), 10)
      answer.on('close', () => clearInterval(drip))
    })
    const verdict = await measure(origin, { contains: 'never there', timeout: '150ms' })
    expect(verdict).toMatchObject({ status: 'fail', evidence: { summary: 'shop /: no whole answer within 150 ms' } })
  })

  test('must contain its text', async () => {
    const origin = await served((_, answer) => answer.end('{"status":"UP"}'))
    expect(await measure(origin, { contains: '"UP"' })).toMatchObject({ status: 'pass' })
    const down = await measure(origin, { contains: '"up"' })
    expect(down).toMatchObject({ status: 'fail', evidence: { summary: 'shop /: "\\"up\\"" is not in the body' } })
  })

  test('of any size is read to 64 KiB only; what is not there is not proven to be missing', async () => {
    let sent = 0
    const origin = await served((_, answer) => {
      const more = () => {
        while (!answer.destroyed && sent < 1e9 && answer.write('x'.repeat(65_536))) sent += 65_536
      }
      answer.on('drain', more)
      more()
    })
    const verdict = await measure(origin, { contains: 'needle' })
    expect(verdict).toMatchObject({ status: 'inconclusive' })
    expect(sent).toBeLessThan(50_000_000)
  })

  test('whose body is not asked for ends with its headers', async () => {
    let open = true
    const origin = await served((_, answer) => {
      answer.on('close', () => (open = false))
      answer.write('x')
    })
    expect(await measure(origin)).toMatchObject({ status: 'pass' })
    await until(
      async () => open,
      (still) => !still,
      () => 'the connection is still open',
      2_000,
    )
  })

  test('with a compressed body proves nothing about its text', async () => {
    const origin = await served((_, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end('x'))
    expect(await measure(origin, { contains: 'x' })).toMatchObject({ status: 'inconclusive' })
    expect(await measure(origin)).toMatchObject({ status: 'pass' })
  })

  test('with huge headers fails', async () => {
    const origin = await served((_, answer) => answer.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end())
    const verdict = await measure(origin)
    expect(verdict).toMatchObject({
      status: 'fail',
      evidence: { summary: 'shop /: its headers are larger than 16 KiB' },
    })
  })
})

describe('what is no answer', () => {
  test('a refused connection fails', async () => {
    const server = createTcpServer()
    const port = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const verdict = await measure(`http://127.0.0.1:${port}`)
    expect(verdict).toMatchObject({ status: 'fail', evidence: { summary: 'shop /: the connection was refused' } })
  })

  test.each([
    ['garbage', 'SSH-2.0-OpenSSH s3cr3t\r\n'],
    ['nothing', ''],
  ])('%s fails, and is not quoted', async (_what, greeting) => {
    const port = await listening(createTcpServer((socket) => socket.end(greeting)))
    const verdict = await measure(`http://127.0.0.1:${port}`)
    expect(verdict.status).toBe('fail')
    expect(JSON.stringify(verdict)).not.toContain('s3cr3t')
  })

  test('an answer that breaks off fails', async () => {
    const port = await listening(
      createTcpServer((socket) => {
        socket.once('data', () =>
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () => socket.destroy()),
        )
      }),
    )
    expect(await measure(`http://127.0.0.1:${port}`, { contains: 'whole' })).toMatchObject({ status: 'fail' })
  })

  test.each([
    ['from an authority that nobody trusts', '127.0.0.1', 'authority that is not trusted'],
    ['for another name', 'example.org', 'authority that is not trusted'],
  ])('a certificate %s fails', async (_what, address, words) => {
    const { certificate, key } = createAuthority('a-stranger').issue({ commonName: 'x', addresses: [address] })
    const port = await listening(createTlsServer({ cert: certificate, key }, (_, answer) => answer.end()))
    const verdict = await measure(`https://127.0.0.1:${port}`)
    expect(verdict).toMatchObject({ status: 'fail', evidence: { summary: expect.stringContaining(words) } })
  })

  test('plain HTTP where TLS is spoken fails', async () => {
    const port = await listening(createServer((_, answer) => answer.end()))
    expect(await measure(`https://127.0.0.1:${port}`)).toMatchObject({ status: 'fail' })
  })

  test('a cancelled measurement is no verdict', async () => {
    const origin = await served(() => undefined)
    const stop = new AbortController()
    const measuring = measure(origin, {}, { signal: stop.signal })
    stop.abort()
    await expect(measuring).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('what may be written', () => {
  test.each([
    '//evil.example/',
    '/\\evil.example/',
    'http://evil.example',
    '/a b',
    '/a\r\nhost: x',
    '',
    '@evil.example',
  ])('the path %j is refused', (path) => {
    expect(HttpMeasurement.safeParse({ http: 'shop', path }).success).toBe(false)
  })

  test('no path that is taken leads away from the origin', async () => {
    const origin = await served((_, answer) => answer.end())
    for (const path of ['/..//evil.example/', '/.//evil.example/', '/%2f%2fevil.example', '/@evil.example', '/;//x'])
      expect(await measure(origin, { path })).toMatchObject({ status: 'pass' })
  })

  test.each([
    'ftp://shop.example',
    'http://user:pass@shop.example',
    'http://shop.example/path',
    'http://shop.example?x',
    'shop.example',
    'http://',
  ])('the origin %j is refused', (origin) => {
    expect(Connection.safeParse({ kind: 'http', environment: 'test', origin }).success).toBe(false)
  })

  test('a connection of another kind is refused', async () => {
    const asked = httpCheck().measure(HttpMeasurement.parse({ http: 'shop' }), {
      ...{ service: 'shop', environment: 'test', signal: new AbortController().signal },
      connection: { name: 'shop', entry: { kind: 'kubernetes' } as unknown as HttpConnection },
    })
    await expect(asked).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
  })

  test('the title says what is measured, without the query', () => {
    const fields = { http: 'shop', path: '/healthz?key=1', status: [200, 204], contains: 'UP', below: '500ms' }
    expect(httpKind.title(HttpMeasurement.parse(fields))).toBe(
      'GET shop /healthz is 200 or 204 with "UP" in less than 500ms',
    )
  })
})
