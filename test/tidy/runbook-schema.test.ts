import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { kinds } from '../../activities/schemas.ts'
import { ENGINE_KINDS } from '../../model/runbook/steps.ts'

const schema = JSON.parse(readFileSync('docs/runbook.schema.json', 'utf8')) as Schema
// What a moment looks like is for the schema's pattern to say; the format is for editors.
const formats = { 'date-time': true } as const
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, formats }).compile(schema)
const examples = readdirSync('examples/runbooks').filter((name) => name.endsWith('.yaml'))
const read = (name: string): Document => parse(readFileSync(`examples/runbooks/${name}`, 'utf8')) as Document

interface Schema {
  $ref: string
  $defs: Record<string, { oneOf?: { properties: Record<string, { const?: string; description?: string }> }[] }>
}
interface Document {
  metadata: Record<string, unknown>
  procedures?: Record<string, Record<string, unknown>[]>
}

test.each(examples)('an editor that knows the schema finds nothing wrong in examples/runbooks/%s', (name) => {
  validate(read(name))
  expect(validate.errors ?? []).toEqual([])
})

test.each(examples)('examples/runbooks/%s names the schema for the editor', (name) => {
  const [, path = ''] =
    /^# yaml-language-server: \$schema=(\S+)\n/.exec(readFileSync(`examples/runbooks/${name}`, 'utf8')) ?? []
  expect(new URL(path, 'file:///examples/runbooks/').pathname).toBe('/docs/runbook.schema.json')
})

const WRONG: [what: string, spoil: (document: Document) => void][] = [
  ['a key that there is not', (document) => (document.metadata['naem'] = 'x')],
  ['a name in capitals', (document) => (document.metadata['name'] = 'Checkout')],
  ['a kind that there is not', (document) => (first(document)['kind'] = 'kubernets')],
  ['a field of another kind', (document) => (first(document)['for'] = '5m')],
  ['a missing field', (document) => delete first(document)['workload']],
  ['a number where text belongs', (document) => (first(document)['workload'] = 7)],
  ['a duration without a unit', (document) => (first(document)['timeout'] = '5')],
]

test.each(WRONG)('it underlines %s', (_what, spoil) => {
  const document = read('checkout.yaml')
  expect(validate(document)).toBe(true)
  spoil(document)
  expect(validate(document)).toBe(false)
})

test('it completes every kind of step, with the fields of each and what they mean', () => {
  const steps = schema.$defs['RunbookStep']?.oneOf ?? []
  const offered = steps.map(({ properties }) => properties['kind']?.const)
  expect(offered.toSorted()).toEqual([...Object.keys(kinds), ...ENGINE_KINDS].toSorted())
  for (const { properties } of steps)
    for (const field of ['id', 'when', 'optional']) expect(properties[field]).toBeDefined()
})

function first(document: Document): Record<string, unknown> {
  const step = document.procedures?.['app-only']?.[0]
  if (!step) throw new Error('the example has lost its procedure app-only')
  return step
}
