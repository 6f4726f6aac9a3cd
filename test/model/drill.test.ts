import { expect, test } from 'vitest'
import { kinds } from '../../activities/schemas.ts'
import { drillOf } from '../../model/drill/compile.ts'
import { lastDrillText } from '../../model/drill/result.ts'
import { planMarkdown } from '../../model/report/plan.ts'
import type { CompiledStep, RunInput } from '../../model/run.ts'

const step = (kind: string, more: Partial<CompiledStep> = {}) => ({ id: kind, kind, role: 'change', ...more }) as never
const ids = (input: RunInput) => input.steps.map(({ id }) => id)

function input(...steps: CompiledStep[]): RunInput {
  return { service: 's', policy: { approvals: [{ min: 2 }] }, ledger: true, steps } as unknown as RunInput
}

test('only kinds that make something of their own can be drilled: no promotion, no fence, nothing that serves', () => {
  const drillable = Object.entries(kinds).flatMap(([kind, { drill }]) => (drill ? [kind] : []))
  expect(drillable.toSorted()).toEqual(['postgres-backup', 'rds-restore', 'rds-snapshot', 'volume-snapshot'])
})

test('a drill ends before the first step that touches what serves or asks people, and leaves messages out', () => {
  const whole = [
    step('rds-snapshot', { when: 'false' }),
    step('notify', { role: 'notify' }),
    step('rds-restore', { optional: true, onFailure: 'compensate' }),
    step('check', { role: 'check' }),
  ]
  const wanted = ['rds-snapshot', 'rds-restore', 'check']
  for (const end of [step('postgres-fence'), step('manual', { role: 'manual' }), step('approve', { role: 'approve' })])
    expect(ids(drillOf(input(...whole, end, step('rds-restore')), kinds))).toEqual(wanted)
  const drilled = drillOf(input(...whole), kinds)
  expect(drilled).toMatchObject({ drill: true, policy: { approvals: [] } })
  expect(drilled).not.toHaveProperty('ledger')
  for (const { optional, onFailure, when } of drilled.steps)
    expect([optional, onFailure, when]).toEqual([false, 'pause', undefined])
})

test('steps that are carried out together are drilled together or not at all', () => {
  const steps = [step('rds-snapshot'), step('rds-restore', { group: 1 }), step('kubernetes', { group: 1 })]
  expect(ids(drillOf(input(...steps), kinds))).toEqual(['rds-snapshot'])
})

test('the procedure is the named one, else the first that begins with something to drill', () => {
  const steps = [step('kubernetes', { procedure: 'app' }), step('rds-restore', { procedure: 'data' })]
  expect(ids(drillOf(input(...steps), kinds))).toEqual(['rds-restore'])
  expect(() => drillOf(input(...steps), kinds, 'app')).toThrow(/app does not begin with a step that can be drilled/)
  expect(() => drillOf(input(...steps), kinds, 'nowhere')).toThrow(/nowhere.*there is: app, data/)
  expect(() => drillOf(input(step('check', { role: 'check' })), kinds)).toThrow(/can be drilled/)
  expect(() => drillOf(input(step('constructor')), kinds)).toThrow(/can be drilled/)
})

test('what a plan says of the last drill', () => {
  const last = { at: Date.parse('2026-05-04T10:00:00Z'), took: 31 * 60_000 }
  const after = (ms: number) => lastDrillText(last, last.at + ms).replace('Last successful restore drill: ', '')
  expect(lastDrillText(last, last.at + 3 * 86_400_000)).toBe('Last successful restore drill: 3 days ago, 31 min')
  expect([after(-5_000), after(90 * 60_000), after(47 * 3_600_000)]).toEqual([
    'just now, 31 min',
    '90 min ago, 31 min',
    '47 h ago, 31 min',
  ])
  expect(lastDrillText(last)).toBe('Last successful restore drill: 2026-05-04T10:00Z, 31 min')
  expect(lastDrillText(null, 0)).toBe('Last successful restore drill: never')
  const place = { service: 's', environment: 'e' }
  expect(planMarkdown({ steps: [], lastDrill: null }, place)).toContain('Last successful restore drill: never.')
  expect(planMarkdown({ steps: [] }, place)).not.toContain('drill')
})
