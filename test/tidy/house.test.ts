import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { targets } from '../../activities/registry.ts'
import { kinds } from '../../activities/schemas.ts'
import { errors } from '../../model/errors.ts'
import { bundleWorkflows } from '../../worker/bundle.ts'

const HARD_LIMIT = 300
const files = execFileSync('git', ['ls-files', '*.ts'], { encoding: 'utf8' }).trim().split('\n')
const text = (file: string): string => readFileSync(file, 'utf8')

/** What each folder may import of ours; the order of the house, from the inside out. */
const LAYERS: Record<string, string[]> = {
  model: [],
  config: ['model'],
  activities: ['model'],
  workflows: ['model', 'activities (types)'],
  worker: ['model', 'activities', 'config'],
  api: ['model', 'activities', 'config', 'workflows (types)'],
}

test('no file is longer than the hard limit', () => {
  expect(files.filter((file) => text(file).split('\n').length > HARD_LIMIT)).toEqual([])
})

test('folders import inwards only', () => {
  const wrong = Object.keys(LAYERS).flatMap((folder) =>
    files.filter((file) => file.startsWith(`${folder}/`)).flatMap((file) => imports(file, folder)),
  )
  expect(wrong).toEqual([])
})

test('workflow code throws nothing but ApplicationFailure', () => {
  const throwing = files.filter((file) => file.startsWith('workflows/') && /throw new \w*Error\b/.test(text(file)))
  expect(throwing).toEqual([])
})

test('the workflow bundle carries neither zod nor a module of Node', async () => {
  const code = await bundleWorkflows()
  expect(code).not.toMatch(/node_modules\/zod\//)
  expect(code).not.toMatch(/require\("node:/)
}, 60_000)

test('every kind has a target, and every target a kind', () => {
  expect(Object.keys(targets).toSorted()).toEqual(Object.keys(kinds).toSorted())
})

test('every promise stands in ARCHITECTURE.md, which stays short', () => {
  const architecture = text('ARCHITECTURE.md')
  for (let promise = 1; promise <= 10; promise++) expect(architecture).toMatch(new RegExp(`^\\| ${promise} `, 'm'))
  expect(architecture.split('\n').length).toBeLessThanOrEqual(150)
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
