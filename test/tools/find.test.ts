import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { copyAssets } from '../../tools/assets.ts'
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
  await mkdir(dirname(cache), { recursive: true })
  await writeFile(cache, '', { mode: 0o755 })
  return { variable: chosen, path, cache }
}

/** A stand-in for Go that writes down each build, and "builds" an empty program. */
async function fakeGo(): Promise<() => Promise<string[]>> {
  const log = join(await scratch(), 'builds')
  const go = `#!${process.execPath}
    const { appendFileSync, writeFileSync } = require('node:fs')
    if (process.argv[2] === 'version') console.log('go version go1.30.0 linux/amd64')
    else {
      appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(' ') + '\\n')
      writeFileSync(process.argv[process.argv.indexOf('-o') + 1], '', { mode: 0o755 })
    }`
  await writeFile(join(process.env['PATH'] ?? '', 'go'), go, { mode: 0o755 })
  return async () => (await readFile(log, 'utf8')).trim().split('\n')
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

describe('a build', () => {
  test('happens once however many ask at the same time, with pinned modules and a version stamped in', async () => {
    const builds = await fakeGo()
    const paths = await Promise.all([find('kwok', kwok), find('kwok', kwok), find('kwok', kwok)])
    expect(new Set(paths)).toEqual(new Set([cachedBinary('kwok', kwok)]))
    expect(await builds()).toHaveLength(1)
    expect((await builds())[0]).toMatch(
      /-X sigs\.k8s\.io\/kwok\/pkg\/consts\.Version=v0\.8\.0 -o .* sigs\.k8s\.io\/kwok\/cmd\/kwok$/,
    )
  })

  test('clears away what one that was killed has left, and leaves only the binary', async () => {
    await fakeGo()
    const folder = dirname(cachedBinary('kwok', kwok))
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'kwok.4711'), 'half a binary')
    await find('kwok', kwok)
    expect(await readdir(folder)).toEqual(['kwok'])
  })
})

describe('what comes from PyPI', () => {
  const moto: Tool = catalogue.moto

  /** A stand-in for Python that writes down each call; its virtual environment holds itself and the script. */
  async function fakePython(version: string): Promise<() => Promise<string[]>> {
    const log = join(await scratch(), 'calls')
    const python = `#!${process.execPath}
      const { appendFileSync, copyFileSync, mkdirSync } = require('node:fs')
      const args = process.argv.slice(2)
      if (args[0] === '--version') console.log('Python ${version}')
      else appendFileSync(${JSON.stringify(log)}, args.join(' ') + '\\n')
      if (args[1] === 'venv') {
        const bin = args.at(-1) + '/bin'
        mkdirSync(bin, { recursive: true })
        for (const name of ['python', 'moto_server']) copyFileSync(__filename, bin + '/' + name)
      }`
    await writeFile(join(process.env['PATH'] ?? '', 'python3'), python, { mode: 0o755 })
    return async () => (await readFile(log, 'utf8')).trim().split('\n')
  }

  test('is installed once, from pinned requirements, beside its place in the cache', async () => {
    const calls = await fakePython('3.11.7')
    const paths = await Promise.all([find('moto', moto), find('moto', moto)])
    expect(new Set(paths)).toEqual(new Set([cachedBinary('moto', moto)]))
    expect(await calls()).toHaveLength(2)
    expect((await calls())[1]).toMatch(/^-m pip install .*-r \S+tools\/moto\/requirements\.txt$/)
    const pins = await readFile(new URL('../../tools/moto/requirements.txt', import.meta.url), 'utf8')
    expect(pins).toContain(`\nmoto==${moto.version}\n`)
    expect(pins.split('\n').filter((line) => line && !/^#|^[\w.-]+==[\w.]+$/.test(line))).toEqual([])
  })

  test('needs a Python that is new enough, and says which and what else would do', async () => {
    await fakePython('3.9.2')
    await expect(find('moto', moto)).rejects.toThrow(/needs Python 3\.11 or newer.*UNWIND_MOTO_BIN/s)
  })
})

test('the assets of the build are the module files, the requirements, the packages, the stages, the plain JavaScript and Go, nothing else', async () => {
  const to = await scratch()
  await copyAssets(fileURLToPath(new URL('../../tools/', import.meta.url)), to)
  const copied = (await readdir(to, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const names = copied.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['go.mod', 'go.sum', 'main.go', 'crash-loop.yaml', 'watchdog.mjs', 'owned.mjs']),
  )
  expect(
    names.filter(
      (name) => !/^go\.(mod|sum)$|^main\.go$|^requirements\.txt$|^package(-lock)?\.json$|\.yaml$|\w\.mjs$/.test(name),
    ),
  ).toEqual([])
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
