import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const ROOT = new URL('../../', import.meta.url)
const tracked = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')
const text = (file: string): Promise<string> => readFile(new URL(file, ROOT), 'utf8')
const SCHEMA = new URL('./compose-spec.json', import.meta.url)

test('docker-compose.yml is what the Compose Specification allows', async () => {
  const schema = JSON.parse(await readFile(SCHEMA, 'utf8')) as object
  const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema)
  const compose: unknown = parse(await text('docker-compose.yml'))
  expect(validate(compose), JSON.stringify(validate.errors, null, 2)).toBe(true)
  expect(validate({ services: { api: { imag: 'unwind' } } })).toBe(false)
})

test('the image copies what is there, and what it runs needs no development dependency', async () => {
  const lines = await text('Dockerfile')
  const copied = [...lines.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '))
  expect(copied.filter((name) => name !== '.' && !tracked.includes(name))).toEqual([])
  const { include } = JSON.parse(await text('tsconfig.build.json')) as { include: string[] }
  const sources = tracked.filter((file) => include.includes(file.split('/')[0] ?? '') && /\.m?ts$/.test(file))
  const imported = await Promise.all(sources.map(async (file) => packagesOf(await text(file))))
  expect(imported.flat()).toEqual(expect.arrayContaining(['fastify', '@temporalio/client', 'yaml']))
  const { dependencies } = JSON.parse(await text('package.json')) as { dependencies: Record<string, string> }
  expect([...new Set(imported.flat())].filter((name) => !(name in dependencies))).toEqual([])
})

test('the schema is the published one, as the page beside it says', async () => {
  const sum = createHash('sha256')
    .update(await readFile(SCHEMA))
    .digest('hex')
  expect(await readFile(new URL('./compose-spec.md', import.meta.url), 'utf8')).toContain(sum)
})

/** The packages that a file imports to run, at its start or later. */
function packagesOf(source: string): string[] {
  const found = source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm)
  return [...found].flatMap(([, early, late]) => {
    const [scope = '', name = ''] = (early ?? late ?? '').split('/')
    return scope.startsWith('node:') ? [] : [scope.startsWith('@') ? `${scope}/${name}` : scope]
  })
}
