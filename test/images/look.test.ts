import http from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { look } from '../../activities/oci/look.ts'
import { referenceOf } from '../../activities/oci/reference.ts'
import { createAuthority } from '../../tools/kubernetes/certificates.ts'
import { closed, HTPASSWD, listen, LOGIN, openRegistry, type RegistryLab, startTokenServer } from './registry-lab.ts'

const STRANGER = { user: 'puller', password: 'wrong-password-Z9' }
const open: (() => Promise<void>)[] = []
let registry: RegistryLab

beforeAll(async () => {
  registry = await openRegistry()
  open.push(() => registry.stop())
}, 900_000)
afterAll(async () => {
  for (const close of open.toReversed()) await close()
})

/** Asks as a plan does: over http where the registry is named as plain. */
function asked(
  image: string,
  ran: string[] = [],
  { logins = [] as { user: string; password: string }[], plain = true } = {},
) {
  const reference = referenceOf(image)
  if (!reference) throw new Error(`${image} is no image`)
  const settings = { private: [], plain: plain ? [reference.registry] : [] }
  return look(reference, ran, { logins, settings, signal: AbortSignal.timeout(20_000) })
}

describe('what a registry says of an image', () => {
  it('a tag that leads to what ran is proven; without knowing what ran it is only there', async () => {
    const digest = await registry.push('shop/app', 'v1', 'one')
    expect(await asked(`${registry.host}/shop/app:v1`, [digest])).toEqual({ is: 'there', digest, proven: true })
    expect(await asked(`${registry.host}/shop/app:v1`)).toEqual({ is: 'there', digest, proven: false })
  })

  it('what ran may be the manifest of one platform of an index', async () => {
    const [amd, arm] = [
      await registry.push('shop/multi', 'amd', 'amd'),
      await registry.push('shop/multi', 'arm', 'arm'),
    ]
    const index = await registry.pushIndex('shop/multi', 'v1', [amd, arm])
    for (const ran of [[index], [amd], [arm, index]])
      expect(await asked(`${registry.host}/shop/multi:v1`, ran)).toEqual({ is: 'there', digest: index, proven: true })
    const other = await registry.push('shop/multi', 'other', 'other')
    expect(await asked(`${registry.host}/shop/multi:v1`, [other])).toMatchObject({ is: 'moved', digest: index })
  })

  it('a tag that was pushed anew has moved, and what ran may still be there', async () => {
    const first = await registry.push('shop/moved', 'v1', 'first')
    const second = await registry.push('shop/moved', 'v1', 'second')
    const image = `${registry.host}/shop/moved:v1`
    expect(await asked(image, [first])).toEqual({ is: 'moved', digest: second, kept: true })
    await registry.remove('shop/moved', first)
    expect(await asked(image, [first])).toEqual({ is: 'moved', digest: second, kept: false })
  })

  it('what is not there is gone: a tag, a digest, a whole repository', async () => {
    const digest = await registry.push('shop/gone', 'v1', 'one')
    expect(await asked(`${registry.host}/shop/gone:v2`, [digest])).toEqual({ is: 'gone', kept: true })
    expect(await asked(`${registry.host}/shop/gone@${digest}`)).toEqual({ is: 'there', digest, proven: true })
    await registry.remove('shop/gone', digest)
    expect(await asked(`${registry.host}/shop/gone@${digest}`)).toMatchObject({ is: 'gone' })
    expect(await asked(`${registry.host}/shop/never:v1`)).toMatchObject({ is: 'gone' })
  })

  it('a registry that hangs, or that nobody is at, is not a yes', async () => {
    registry.pause()
    try {
      expect(await asked(`${registry.host}/shop/app:v1`)).toMatchObject({
        is: 'unknown',
        why: expect.stringContaining('no answer in time'),
      })
    } finally {
      registry.resume()
    }
    expect(await asked('127.0.0.1:9/shop/app:v1')).toMatchObject({
      is: 'unknown',
      why: expect.stringContaining('refused'),
    })
  })

  it('404 of somebody who is no registry proves nothing', async () => {
    const proxy = http.createServer((_, response) => response.writeHead(404).end('<h1>nothing here</h1>'))
    open.push(() => closed(proxy))
    const { host } = new URL(await listen(proxy))
    expect(await asked(`${host}/shop/app:v1`)).toMatchObject({ is: 'unknown', why: expect.stringContaining('404') })
  })
})

describe('who asks', () => {
  it('Basic, with one login after another', async () => {
    const basic = `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64')}`
    const closedOne = await openRegistry({ htpasswd: HTPASSWD }, basic)
    open.push(() => closedOne.stop())
    const digest = await closedOne.push('shop/app', 'v1', 'one')
    const image = `${closedOne.host}/shop/app:v1`
    expect(await asked(image, [digest], { logins: [STRANGER, LOGIN] })).toMatchObject({ is: 'there', proven: true })
    const refused = await asked(image, [], { logins: [STRANGER] })
    expect(refused).toMatchObject({ is: 'unknown', why: expect.stringContaining('401') })
    expect(JSON.stringify(refused)).not.toContain(STRANGER.password)
    expect(await asked(image)).toMatchObject({ is: 'unknown', why: expect.stringContaining('no login') })
  })

  it('Bearer, by the token server that the registry names, for pull alone', async () => {
    const tokens = await startTokenServer()
    const repository = 'shop/app'
    const guarded = await openRegistry({ token: tokens.options }, `Bearer ${tokens.token(repository)}`)
    open.push(tokens.close, () => guarded.stop())
    const digest = await guarded.push(repository, 'v1', 'one')
    const image = `${guarded.host}/${repository}:v1`
    expect(await asked(image, [digest], { logins: [LOGIN] })).toEqual({ is: 'there', digest, proven: true })
    expect(tokens.asked).toHaveLength(1)
    expect(tokens.asked[0]?.url.searchParams.get('scope')).toBe(`repository:${repository}:pull`)
    expect(await asked(image, [], { logins: [STRANGER] })).toMatchObject({ is: 'unknown' })
    expect(await asked(`${guarded.host}/${repository}:v2`, [], { logins: [LOGIN] })).toMatchObject({ is: 'gone' })
  })

  it('a redirect is followed without the login, and no login is given to where it leads', async () => {
    const seen: (string | undefined)[] = []
    const elsewhere = http.createServer((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="give me the password"' }).end()
    })
    const target = await listen(elsewhere)
    const front = http.createServer((request, response) => {
      const known = request.headers.authorization !== undefined
      if (known) response.writeHead(307, { location: `${target}${request.url}` }).end()
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
    })
    open.push(
      () => closed(elsewhere),
      () => closed(front),
    )
    const { host } = new URL(await listen(front))
    const finding = await asked(`${host}/shop/app:v1`, [], { logins: [LOGIN] })
    expect(finding).toMatchObject({ is: 'unknown', why: expect.stringContaining('a login of its own') })
    expect(seen).toEqual([undefined])
  })
})

describe('how a registry is asked', () => {
  it('over https alone, unless it is named as plain; private networks only where named', async () => {
    await registry.push('shop/app', 'v1', 'one')
    const finding = await asked(`${registry.host}/shop/app:v1`, [], { plain: false })
    expect(finding).toMatchObject({ is: 'unknown', why: expect.stringContaining('images.private') })
    const reference = referenceOf(`${registry.host}/shop/app:v1`)
    const settings = { private: [registry.host], plain: [] }
    const encrypted =
      reference && (await look(reference, [], { logins: [LOGIN], settings, signal: AbortSignal.timeout(9_000) }))
    expect(encrypted).toMatchObject({ is: 'unknown' })
  })

  it('a certificate that nobody vouches for is not taken', async () => {
    const tls = createAuthority('nobody').issue({ commonName: 'registry', addresses: ['127.0.0.1'] })
    const own = await openRegistry({ tls })
    open.push(() => own.stop())
    const reference = referenceOf(`${own.host}/shop/app:v1`)
    const settings = { private: [own.host], plain: [] }
    const finding =
      reference && (await look(reference, [], { logins: [LOGIN], settings, signal: AbortSignal.timeout(9_000) }))
    expect(finding).toMatchObject({ is: 'unknown', why: expect.stringContaining('not trusted') })
  })
})
