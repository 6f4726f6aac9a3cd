import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

const SCHEMA = new URL('./compose-spec.json', import.meta.url)

test('docker-compose.yml is what the Compose Specification allows', async () => {
  const schema = JSON.parse(await readFile(SCHEMA, 'utf8')) as object
  const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema)
  const compose: unknown = parse(await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8'))
  expect(validate(compose), JSON.stringify(validate.errors, null, 2)).toBe(true)
  expect(validate({ services: { api: { imag: 'unwind' } } })).toBe(false)
})

test('the schema is the published one, as the page beside it says', async () => {
  const sum = createHash('sha256')
    .update(await readFile(SCHEMA))
    .digest('hex')
  expect(await readFile(new URL('./compose-spec.md', import.meta.url), 'utf8')).toContain(sum)
})
