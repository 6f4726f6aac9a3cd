import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { catalogue, type Tool } from '../../tools/catalogue.ts'
import { cachedBinary } from '../../tools/find/cache.ts'
import { platform } from '../../tools/find/platform.ts'
import { find } from '../../tools/find.ts'
import { scratch } from './scratch.ts'

const content = Buffer.from('a program')
const { os, arch } = platform() ?? expect.unreachable('this platform has no published binaries')
const plain: Tool = { ...catalogue.kubectl, release: { ...release('kubectl'), baseVariable: 'UNWIND_TEST_RELEASES' } }
const stderr: string[] = []

beforeEach(async () => {
  vi.unstubAllEnvs()
  stderr.length = 0
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0)
  vi.stubEnv('XDG_CACHE_HOME', await scratch())
  // Neither a binary nor Go: whatever goes on after the download ends with an error that says so.
  vi.stubEnv('PATH', await scratch())
  for (const { variable } of Object.values(catalogue)) vi.stubEnv(variable, '')
})

function release(name: 'kubectl' | 'temporal' | 'etcd') {
  return catalogue[name].release ?? expect.unreachable(`${name} has no releases`)
}

async function vendor(answer: RequestListener): Promise<void> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const variable of ['UNWIND_TEST_RELEASES', 'UNWIND_TEMPORAL_RELEASES']) vi.stubEnv(variable, base)
}

function files(content: Record<string, string | Buffer>): RequestListener {
  return (request, response) => {
    const body = content[request.url ?? '']
    response.writeHead(body === undefined ? 404 : 200).end(body)
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function kept(name: string, tool: Tool): Promise<string[]> {
  return readdir(dirname(cachedBinary(name, tool))).catch(() => [])
}

const asset = `/${os}/${arch}/kubectl`

test('a download whose checksum is the published one is kept', async () => {
  await vendor(files({ [asset]: content, [`${asset}.sha256`]: sha256(content) }))
  const path = await find('kubectl', plain)
  expect(path).toBe(cachedBinary('kubectl', plain))
  expect(await readFile(path)).toEqual(content)
  expect(await kept('kubectl', plain)).toEqual(['kubectl'])
})

test('the program is taken out of an archive that a list of checksums names', async () => {
  const archive = gzipSync(Buffer.concat([member('LICENSE', Buffer.from('…')), member('temporal', content)]))
  const file = `temporal_cli_1.8.2_${os}_${arch}.tar.gz`
  const checksums = `${'0'.repeat(64)}  other.tar.gz\n${sha256(archive)}  ${file}\n`
  await vendor(files({ [`/${file}`]: archive, '/checksums.txt': checksums }))
  expect(await readFile(await find('temporal', catalogue.temporal))).toEqual(content)
})

test('a download with another checksum is refused, nothing is kept, and the next way is tried', async () => {
  await vendor(files({ [asset]: Buffer.from('a tampered program'), [`${asset}.sha256`]: sha256(content) }))
  await expect(find('kubectl', plain)).rejects.toThrow('there is no Go on PATH')
  expect(stderr.join('')).toMatch(/refused: its SHA-256 is [0-9a-f]{64}, published is [0-9a-f]{64}: not kept/)
  expect(await kept('kubectl', plain)).toEqual([])
})

test.each([
  ['missing', {}],
  ['not a checksum', { [`${asset}.sha256`]: '<html>not found</html>' }],
  ['that of another file', { [`${asset}.sha256`]: `${'0'.repeat(64)}  something-else` }],
])('without a published checksum nothing is downloaded: %s', async (_, published) => {
  const asked: string[] = []
  const answer = files({ [asset]: content, ...published })
  await vendor((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  await expect(find('kubectl', plain)).rejects.toThrow('there is no Go on PATH')
  expect(asked).toEqual([`${asset}.sha256`])
  expect(stderr.join('')).toMatch(/no checksum at|holds no SHA-256/)
  expect(await kept('kubectl', plain)).toEqual([])
})

test('a vendor that never answers is given up after two seconds', async () => {
  await vendor(() => {})
  const began = Date.now()
  await expect(find('kubectl', plain)).rejects.toThrow('there is no Go on PATH')
  expect(Date.now() - began).toBeGreaterThan(1900)
  expect(Date.now() - began).toBeLessThan(4000)
  expect(await kept('kubectl', plain)).toEqual([])
})

test('a vendor that publishes no checksums is not asked at all', async () => {
  await expect(find('kwok', catalogue.kwok)).rejects.toThrow('there is no Go on PATH')
  expect('release' in catalogue.kwok).toBe(false)
})

/** One file as a tar archive holds it; no more of the format than a reader looks at. */
function member(name: string, bytes: Buffer): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write(bytes.length.toString(8).padStart(11, '0'), 124)
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}
