import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { catalogue, type Tool } from '../../tools/catalogue.ts'
import { atLeast } from '../../tools/find/build.ts'
import { cachedBinary } from '../../tools/find/cache.ts'
import { accepts } from '../../tools/find/path.ts'
import { find } from '../../tools/find.ts'
import { printer, scratch } from './scratch.ts'

const kwok: Tool = catalogue.kwok

beforeEach(async () => {
  vi.unstubAllEnvs()
  vi.stubEnv('XDG_CACHE_HOME', await scratch())
  vi.stubEnv('PATH', await scratch())
  vi.stubEnv(kwok.variable, '')
})

async function everywhere(): Promise<{ variable: string; path: string; cache: string }> {
  const chosen = await printer(await scratch(), 'kwok', 'kwok version v9.9.9')
  vi.stubEnv(kwok.variable, chosen)
  const path = await printer(process.env['PATH'] ?? '', 'kwok', 'kwok version v0.8.0')
  const cache = cachedBinary('kwok', kwok)
  await mkdir(join(cache, '..'), { recursive: true })
  await writeFile(cache, '', { mode: 0o755 })
  return { variable: chosen, path, cache }
}

describe('where a binary is looked for', () => {
  test('the environment variable comes first, whatever its version', async () => {
    const { variable } = await everywhere()
    expect(await find('kwok', kwok)).toBe(variable)
  })

  test('then PATH', async () => {
    const { path } = await everywhere()
    vi.stubEnv(kwok.variable, '')
    expect(await find('kwok', kwok)).toBe(path)
  })

  test('PATH is passed over where the version is another one', async () => {
    const { cache } = await everywhere()
    vi.stubEnv(kwok.variable, '')
    await printer(process.env['PATH'] ?? '', 'kwok', 'kwok version v0.7.0')
    expect(await find('kwok', kwok)).toBe(cache)
  })

  test('PATH is passed over where the binary is broken', async () => {
    const { path, cache } = await everywhere()
    vi.stubEnv(kwok.variable, '')
    await writeFile(path, 'not a program')
    expect(await find('kwok', kwok)).toBe(cache)
  })

  test('a variable that leads nowhere is an error, not a reason to look elsewhere', async () => {
    await everywhere()
    vi.stubEnv(kwok.variable, '/nowhere/kwok')
    await expect(find('kwok', kwok)).rejects.toThrow('UNWIND_KWOK_BIN names /nowhere/kwok')
  })

  test('without any of them it is built, and without Go the error says what to install', async () => {
    await expect(find('kwok', kwok)).rejects.toThrow(/needs Go 1\.26\.0.*Install it from.*UNWIND_KWOK_BIN/s)
  })

  test('a Go that is too old is named', async () => {
    await printer(process.env['PATH'] ?? '', 'go', 'go version go1.21.3 linux/amd64')
    await expect(find('kwok', kwok)).rejects.toThrow(/needs Go 1\.26\.0 or newer; here is go version go1\.21\.3/)
  })

  test('what Go says when a build fails reaches the reader', async () => {
    const go = `#!${process.execPath}
      if (process.argv[2] === 'version') console.log('go version go1.30.0 linux/amd64')
      else { console.error('no space left on device'); process.exit(1) }`
    await writeFile(join(process.env['PATH'] ?? '', 'go'), go, { mode: 0o755 })
    const error: Error = await find('kwok', kwok).then(expect.unreachable, (reason) => reason)
    expect(error.message).toContain('could not build kwok 0.8.0')
    expect((error.cause as Error).message).toContain('no space left on device')
  })
})

test.each([
  ['exact', '1.36.1', '1.36.1', true],
  ['exact', '1.36.1', '1.36.2', false],
  ['exact', '1.36.1', '1.36.1-rc.0', false],
  ['patch', '1.8.2', '1.8.7', true],
  ['patch', '1.8.2', '1.9.0', false],
  ['patch', '1.8.2', undefined, false],
] as const)('%s %s accepts %s: %s', (policy, pinned, offered, answer) => {
  expect(accepts({ version: pinned, accepts: policy }, offered)).toBe(answer)
})

test.each([
  ['1.26.4', '1.26.4', true],
  ['1.26.10', '1.26.4', true],
  ['1.26', '1.26.0', true],
  ['1.26.3', '1.26.4', false],
  ['1.9.9', '1.26.0', false],
  ['2.0', '1.26.4', true],
])('Go %s is at least %s: %s', (installed, needed, answer) => {
  expect(atLeast(installed, needed)).toBe(answer)
})
