import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { Lookup } from '../../activities/origin/resolve.ts'
import { listening, measure } from './serving.ts'

describe('a name', () => {
  const at =
    (...addresses: string[]): Lookup =>
    async () =>
      addresses.map((address) => ({ address }))

  test('is resolved once, and the connection is made to exactly what was found', async () => {
    const hosts: (string | undefined)[] = []
    const port = await listening(createServer((request, answer) => (hosts.push(request.headers.host), answer.end())))
    const answers = [['127.0.0.1'], ['169.254.169.254']]
    const find: Lookup = async () => (answers.shift() ?? []).map((address) => ({ address }))
    const verdict = await measure(`http://shop.example:${port}`, {}, { find })
    expect(verdict).toMatchObject({ status: 'pass', evidence: { facts: { address: '127.0.0.1' } } })
    expect(hosts).toEqual([`shop.example:${port}`])
    expect(answers).toHaveLength(1)
  })

  test.each([
    ['127.0.0.1'],
    ['::1'],
    ['10.0.0.7'],
    ['172.20.0.1'],
    ['192.168.1.1'],
    ['100.64.0.1'],
    ['fd12:3456::1'],
    ['::ffff:10.0.0.1'],
    ['64:ff9b::a00:1'],
  ])('at %s is refused unless the connection may be private', async (address) => {
    const asked = measure('http://shop.example', {}, { find: at(address), entry: { private: false } })
    await expect(asked).rejects.toMatchObject({
      code: 'TARGET_MISMATCH',
      message: expect.stringContaining('say private: true at connections.shop'),
    })
  })

  test.each([
    ['169.254.169.254'],
    ['fe80::1'],
    ['::ffff:a9fe:a9fe'],
    ['fd00:ec2::254'],
    ['100.100.100.200'],
    ['168.63.129.16'],
    ['0.0.0.0'],
    ['::'],
    ['224.0.0.1'],
    ['255.255.255.255'],
    ['2002:a9fe:a9fe::1'],
  ])('at %s is refused always', async (address) => {
    const asked = measure('http://shop.example', {}, { find: at(address) })
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_MISMATCH' })
  })

  test('is refused when one of its addresses is', async () => {
    const find = at('93.184.216.34', '10.0.0.1')
    const asked = measure('http://shop.example', {}, { find, entry: { private: false } })
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_MISMATCH' })
  })

  test('whose first address refuses is asked at the next', async () => {
    const port = await listening(createServer((_, answer) => answer.end()))
    const verdict = await measure(`http://shop.example:${port}`, {}, { find: at('127.0.0.2', '127.0.0.1') })
    expect(verdict).toMatchObject({ status: 'pass', evidence: { facts: { address: '127.0.0.1' } } })
  })

  test.each<[string, Lookup, string]>([
    ['does not exist', () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })), '(ENOTFOUND)'],
    ['has no address', at(), 'has no address'],
    ['is never resolved', () => new Promise(() => undefined), 'not resolved within 100 ms'],
  ])('that %s is no measurement', async (_what, find, message) => {
    const asked = measure('http://shop.example', { timeout: '100ms' }, { find })
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', message: expect.stringContaining(message) })
  })

  test('written as a number is the address that it stands for', async () => {
    const asked = measure('http://2852039166/', {}, { entry: { origin: 'http://2852039166' } })
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_MISMATCH' })
  })
})
