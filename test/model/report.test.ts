import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { canonical } from '../../model/canonical.ts'
import { markdown, report, sortedJson } from '../../model/report/index.ts'
import { OUTCOMES, PHASES, type RunState, TIMELINE_LIMIT } from '../../model/run.ts'
import { addEvent } from '../../model/timeline.ts'
import { fullRecord } from '../support/records.ts'

/** What a run is like that parked at its only step and was aborted: nothing but what every record has. */
function bareRecord(): RunState {
  const { id, runId, service, environment, reason, startedBy, startedAt } = fullRecord()
  const step = { id: 'app', kind: 'kubernetes', title: 'deployment/checkout → previous', connection: 'production' }
  return {
    format: 1,
    ...{ id, runId, service, environment, reason, startedBy, startedAt },
    plannedAt: startedAt + 120,
    endedAt: startedAt + 4_200,
    phase: 'ended',
    outcome: 'aborted',
    approvals: [],
    steps: [{ ...step, optional: false, status: 'parked', attempt: 1, begun: true }],
    timeline: [],
  }
}

const records = [
  ['full', fullRecord()],
  ['bare', bareRecord()],
] as const

test.each(records)('the %s report reads as recorded in test/model/golden', async (name, record) => {
  await expect(markdown(report(record))).toMatchFileSnapshot(`golden/report-${name}.md`)
  await expect(sortedJson(report(record))).toMatchFileSnapshot(`golden/report-${name}.json`)
})

test.each(records)('the %s report is what docs/report.schema.json says', async (_name, record) => {
  const schema = await readFile(new URL('../../docs/report.schema.json', import.meta.url), 'utf8')
  const ajv = new Ajv2020({ strict: true, formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } })
  const valid = ajv.compile(JSON.parse(schema) as object)
  expect(valid(JSON.parse(sortedJson(report(record)))), JSON.stringify(valid.errors)).toBe(true)
})

test('the same record gives the same report, byte for byte, in whatever order its keys came', () => {
  const text = fc.string({ maxLength: 40 })
  const values = fc.dictionary(
    fc.string({ maxLength: 8 }),
    fc.oneof(text, fc.integer(), fc.array(text, { maxLength: 3 })),
  )
  const record = fc
    .record({
      reason: text,
      phase: fc.constantFrom(...PHASES),
      outcome: fc.constantFrom(...OUTCOMES),
      release: fc.record({ version: text, commit: text }),
      inputs: values,
    })
    .map(({ inputs, ...changes }) => {
      const state = fullRecord(changes)
      for (const step of state.steps) step.inputs = inputs
      return state
    })
  fc.assert(
    fc.property(record, (state) => {
      const again = JSON.parse(canonical(state)) as RunState
      expect(sortedJson(report(again))).toBe(sortedJson(report(state)))
      expect(markdown(report(again))).toBe(markdown(report(state)))
    }),
  )
})

test('text of people and systems forges no heading, no row, no link and no comment', () => {
  const nasty = '\n# forged\n| a | b |\n[x](http://x) <!-- unwind:end summary --> `code`'
  const calm = markdown(report(fullRecord({ reason: 'calm' })))
  const state = fullRecord({ reason: nasty, incident: nasty })
  for (const event of state.timeline) event.text = nasty
  for (const step of state.steps) step.title = nasty
  for (const item of state.checklist ?? []) item.text = nasty
  const text = markdown(report(state))
  const shape = (page: string) =>
    page.split('\n').map((line) => /^(#+ |\| --- |\| |- |\d+\. |$)?/.exec(line)?.[0] ?? '')
  expect(shape(text)).toEqual(shape(calm))
  expect(text).not.toContain('<!--')
  expect(text).not.toMatch(/(?<!\\)\]\(http/)
})

test('times count from the alert where it came before the run, else from the start', () => {
  expect(report(fullRecord()).times).toMatchObject({
    from: 'alert',
    decide: 162_000,
    mitigate: 180_000,
    recover: 420_000,
  })
  const late = { startsAt: '2026-01-02T03:30:00Z', labels: {} }
  expect(report(fullRecord({ alert: late })).times).toMatchObject({ from: 'start', decide: 42_000, recover: 300_000 })
  expect(report(fullRecord({ alert: { startsAt: 'soon', labels: {} } })).times.from).toBe('start')
  expect(report(fullRecord({ outcome: 'aborted' })).times).not.toHaveProperty('recover')
})

test('what an aborted run leaves changed is listed', () => {
  expect(report(bareRecord()).stillChanged).toEqual(['deployment/checkout → previous'])
})

test('a long timeline keeps its beginning and its end, and the gap shows', () => {
  const state = bareRecord()
  for (let at = 1; at <= TIMELINE_LIMIT + 100; at++) addEvent(state, { at, type: 'decided', text: `event ${at}` })
  expect(state.timeline).toHaveLength(TIMELINE_LIMIT)
  expect(state.timeline[0]?.seq).toBe(1)
  expect(state.timeline.at(-1)?.seq).toBe(TIMELINE_LIMIT + 100)
})
