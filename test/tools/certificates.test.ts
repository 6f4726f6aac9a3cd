import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createAuthority } from '../../tools/kubernetes/certificates.ts'

test('what an authority issues is what Node reads back', () => {
  const authority = createAuthority('test-ca')
  const { certificate, key } = authority.issue({
    commonName: 'admin',
    organization: 'system:masters',
    addresses: ['127.0.0.1', 'localhost'],
  })
  const ca = new X509Certificate(authority.certificate)
  const issued = new X509Certificate(certificate)
  expect(ca.ca).toBe(true)
  expect(ca.verify(ca.publicKey)).toBe(true)
  expect(issued.ca).toBe(false)
  expect(issued.verify(ca.publicKey)).toBe(true)
  expect(issued.checkIssued(ca)).toBe(true)
  expect(issued.checkPrivateKey(createPrivateKey(key))).toBe(true)
  expect(issued.subject).toBe('O=system:masters\nCN=admin')
  expect([issued.checkIP('127.0.0.1'), issued.checkHost('localhost')]).toEqual(['127.0.0.1', 'localhost'])
  expect([issued.checkIP('10.0.0.1'), issued.checkHost('example.com')]).toEqual([undefined, undefined])
  expect(authority.sha256).toBe(createHash('sha256').update(ca.raw).digest('hex'))
})

test('serial numbers differ and are positive', () => {
  const authority = createAuthority('test-ca')
  const serials = Array.from(
    { length: 20 },
    () => new X509Certificate(authority.issue({ commonName: 'x' }).certificate),
  )
  expect(new Set(serials.map(({ serialNumber }) => serialNumber)).size).toBe(20)
})

test('a server with such a certificate is trusted through its authority, and no other', async () => {
  const [authority, stranger] = [createAuthority('test-ca'), createAuthority('test-ca')]
  const { certificate, key } = authority.issue({ commonName: 'server', addresses: ['127.0.0.1'] })
  const server = createServer({ cert: certificate, key }, (_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const ask = (ca: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = server.address() as AddressInfo
      const call = request({ host: '127.0.0.1', port, ca, agent: false }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      call.on('error', reject).end()
    })
  expect(await ask(authority.certificate)).toBe(200)
  await expect(ask(stranger.certificate)).rejects.toThrow(/signature|self.signed|unable to verify/i)
})
