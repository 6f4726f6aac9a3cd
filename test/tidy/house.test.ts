import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { checks } from '../../activities/checks/registry.ts'
import { measurements } from '../../activities/checks/schemas.ts'
import { targets } from '../../activities/registry.ts'
import { kinds } from '../../activities/schemas.ts'
import { errors } from '../../model/errors.ts'
import { bundleWorkflows } from '../../worker/bundle.ts'

/** Lines of a file. That no function has more than 60 is a rule of the linter (max-lines-per-function). */
const HARD_LIMIT = 300
const all = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')
const files = all.filter((file) => /\.[cm]?[jt]sx?$/.test(file))
const text = (file: string): string => readFileSync(file, 'utf8')

/** What each folder may import of ours; the order of the house, from the inside out. */
const LAYERS: Record<string, string[]> = {
  model: [],
  config: ['model'],
  exchange: ['model'],
  activities: ['model'],
  workflows: ['model', 'activities (types)'],
  worker: ['model', 'activities', 'config'],
  api: ['model', 'activities', 'config', 'exchange', 'workflows (types)'],
  rehearsal: ['model', 'activities', 'config', 'worker', 'api'],
  cli: ['model', 'activities', 'config', 'exchange', 'rehearsal', 'tools'],
  tools: [],
}

/** Commands that set up or run Unwind; all others are HTTP and a renderer. */
const LOCAL = ['init', 'setup', 'server', 'processes', 'demo']

test('no file is longer than the hard limit', () => {
  expect(files.filter((file) => text(file).split('\n').length > HARD_LIMIT)).toEqual([])
})

test('folders import inwards only', () => {
  const wrong = Object.keys(LAYERS).flatMap((folder) =>
    files.filter((file) => file.startsWith(`${folder}/`)).flatMap((file) => imports(file, folder)),
  )
  expect(wrong).toEqual([])
})

test('the command line loads commander and nothing else until it knows the command', () => {
  expect(loadedBy('cli/main.ts')).toEqual({ folders: ['cli', 'model'], packages: ['commander'] })
})

test('a command that talks to the API loads model and what paints, nothing else', () => {
  const remote = files.filter((file) => file.startsWith('cli/commands/') && !LOCAL.includes(basename(file, '.ts')))
  expect(remote.length).toBeGreaterThan(10)
  const loaded = remote.map(loadedBy)
  expect([...new Set(loaded.flatMap(({ folders }) => folders))].toSorted()).toEqual(['cli', 'model'])
  expect([...new Set(loaded.flatMap(({ packages }) => packages))].toSorted()).toEqual(['picocolors'])
})

test('workflow code throws nothing but ApplicationFailure', () => {
  const throwing = files.filter((file) => file.startsWith('workflows/') && /throw new \w*Error\b/.test(text(file)))
  expect(throwing).toEqual([])
})

test('only model/expression knows the library that reads expressions', () => {
  const importing = files.filter((file) => /from '@marcbachmann\/cel-js/.test(text(file)))
  expect(importing.filter((file) => !file.startsWith('model/expression/'))).toEqual([])
})

test('the workflow bundle carries neither zod nor expressions nor a module of Node', async () => {
  const code = await bundleWorkflows()
  expect(code).not.toMatch(/node_modules\/zod\//)
  expect(code).not.toMatch(/node_modules\/@marcbachmann\/cel-js\//)
  expect(code).not.toMatch(/require\("node:/)
}, 60_000)

test('every kind has a target, and every target a kind', () => {
  expect(Object.keys(targets).toSorted()).toEqual(Object.keys(kinds).toSorted())
})

test('every kind of measurement has a check, and every check a kind that its schema names', () => {
  expect(Object.keys(checks).toSorted()).toEqual(Object.keys(measurements).toSorted())
  for (const [name, { schema }] of Object.entries(measurements)) expect(Object.keys(schema.shape)).toContain(name)
})

test('every promise stands in ARCHITECTURE.md with its tests, and the first of them is named after it', () => {
  const promises = [...text('ARCHITECTURE.md').matchAll(/^\| (\d+) ([^|]+) \|[^|]+\| ([^|]+) \|$/gm)]
  expect(promises.map(([, number]) => Number(number))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  for (const [, number, promise = '', tests = ''] of promises) {
    const named = [...tests.matchAll(/`([^`]+)`/g)].map(([, file]) => `test/${file}`)
    expect(
      named.filter((file) => !all.includes(file)),
      `promise ${number} names tests that are not there`,
    ).toEqual([])
    expect(text(named[0] ?? '').toLowerCase()).toContain(`'promise ${number}, ${promise.toLowerCase()}`)
  }
})

test('whatever ARCHITECTURE.md and README.md name is there, and ARCHITECTURE.md stays short', () => {
  const folders = [...text('ARCHITECTURE.md').matchAll(/^\| `([a-z]+)` \|/gm)].map(([, folder]) => `${folder}/`)
  expect(folders.length).toBeGreaterThan(8)
  expect(folders.filter((folder) => !all.some((file) => file.startsWith(folder)))).toEqual([])
  for (const page of all.filter((file) => file.endsWith('.md')))
    for (const [, link = ''] of text(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      const path = join(dirname(page), link)
      expect(
        all.some((file) => file === path || file.startsWith(`${path}/`)),
        `${page} links to ${link}`,
      ).toBe(true)
    }
  expect(text('ARCHITECTURE.md').split('\n').length).toBeLessThanOrEqual(150)
})

test('every error has a title of its own', () => {
  const titles = Object.values(errors).map(({ title }) => title)
  expect(new Set(titles).size).toBe(titles.length)
})

/** Imports of a file that its folder may not have, as `file → folder`. */
function imports(file: string, folder: string): string[] {
  const found = [...text(file).matchAll(/^(import|export) (type )?[^;]*?from '((?:\.\.\/)+)([a-z]+)\//gm)]
  const allowed = LAYERS[folder] ?? []
  return found.flatMap(([, , type, , to = '']) => {
    const depth = file.split('/').length - 1
    const outside = Object.hasOwn(LAYERS, to) || ['cli', 'tools', 'test'].includes(to)
    if (depth < 1 || !outside || to === folder || allowed.includes(to)) return []
    return type && allowed.includes(`${to} (types)`) ? [] : [`${file} → ${to}`]
  })
}

/** What a file loads before any of its code has run: our folders and the packages of others, through all static imports. */
function loadedBy(start: string): { folders: string[]; packages: string[] } {
  const folders = new Set<string>()
  const packages = new Set<string>()
  const seen = new Set<string>()
  const open = [start]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    folders.add(file.split('/')[0] ?? '')
    const found = text(file).matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm)
    for (const [, specifier = ''] of found) {
      if (specifier.startsWith('.')) open.push(join(dirname(file), specifier))
      else if (!specifier.startsWith('node:')) packages.add(specifier)
    }
  }
  return { folders: [...folders].toSorted(), packages: [...packages].toSorted() }
}
