import { expect, test } from 'vitest'
import { markdown, report } from '../../model/report.ts'
import type { RunState } from '../../model/run.ts'
import { TIMELINE_LIMIT } from '../../model/run.ts'
import { addEvent } from '../../model/timeline.ts'

function record(): RunState {
  const startedAt = Date.UTC(2026, 0, 2, 3, 4, 5)
  return {
    format: 1,
    id: 'rollback/production/checkout',
    runId: 'run-1',
    service: 'checkout',
    environment: 'production',
    reason: 'v1.9 | crashes\n# not a heading',
    startedBy: { subject: 'anna', groups: [] },
    startedAt,
    plannedAt: startedAt + 120,
    endedAt: startedAt + 4_200,
    phase: 'ended',
    outcome: 'aborted',
    approvals: [],
    steps: [
      {
        id: 'app',
        kind: 'kubernetes',
        title: 'deployment/checkout → previous',
        connection: 'production',
        optional: false,
        status: 'parked',
        attempt: 1,
        begun: true,
      },
    ],
    timeline: [],
  }
}

test('the same record gives the same report, byte for byte', () => {
  expect(markdown(report(record()))).toBe(markdown(report(record())))
})

test('text of people forges no heading, no row and no link', () => {
  const text = markdown(report(record()))
  expect(text).toContain('| Why | v1.9 \\| crashes \\# not a heading |')
  expect(text.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(1)
})

test('what an aborted run leaves changed is listed', () => {
  expect(report(record()).stillChanged).toEqual(['deployment/checkout → previous'])
})

test('a long timeline keeps its beginning and its end, and the gap shows', () => {
  const state = record()
  for (let at = 1; at <= TIMELINE_LIMIT + 100; at++) addEvent(state, { at, type: 'decided', text: `event ${at}` })
  expect(state.timeline).toHaveLength(TIMELINE_LIMIT)
  expect(state.timeline[0]?.seq).toBe(1)
  expect(state.timeline.at(-1)?.seq).toBe(TIMELINE_LIMIT + 100)
})
