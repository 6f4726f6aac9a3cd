import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { REPORT_SCHEMA, RUNBOOK_SCHEMA, SCENARIOS_SCHEMA, TARGETS_PAGE } from '../../docs/generate.ts'
import { fieldsOf } from '../../docs/generate/fields.ts'
import { reportSchema } from '../../docs/generate/report-schema.ts'
import { runbookSchema, scenariosSchema } from '../../docs/generate/runbook-schema.ts'
import { targetsPage } from '../../docs/generate/targets.ts'
import { measurements } from '../../activities/checks/schemas.ts'
import { kinds } from '../../activities/schemas.ts'

test('docs/targets.md says what the schemas say', async () => {
  expect(await readFile(TARGETS_PAGE, 'utf8'), 'docs/targets.md is stale: run `npm run docs`').toBe(await targetsPage())
})

test('docs/report.schema.json is the schema that the API answers by', async () => {
  expect(await readFile(REPORT_SCHEMA, 'utf8'), 'docs/report.schema.json is stale: run `npm run docs`').toBe(
    reportSchema(),
  )
})

test('docs/runbook.schema.json is the schema by which runbooks are read', async () => {
  expect(await readFile(RUNBOOK_SCHEMA, 'utf8'), 'docs/runbook.schema.json is stale: run `npm run docs`').toBe(
    runbookSchema(),
  )
})

test('docs/scenarios.schema.json is the schema by which scenarios are read', async () => {
  expect(await readFile(SCENARIOS_SCHEMA, 'utf8'), 'docs/scenarios.schema.json is stale: run `npm run docs`').toBe(
    scenariosSchema(),
  )
})

test('every kind says what it is, and every field of it what it means', () => {
  for (const [kind, { schema }] of [...Object.entries(kinds), ...Object.entries(measurements)]) {
    expect(schema.meta(), kind).toMatchObject({ title: expect.any(String), description: expect.any(String) })
    const silent = fieldsOf(schema).filter(({ path, meaning }) => path !== 'kind' && !path.includes('.') && !meaning)
    expect(silent, `${kind}: describe these fields in its schema`).toEqual([])
  }
})
