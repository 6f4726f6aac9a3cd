import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBinary } from '../../tools/find.ts'
import { run } from '../exchange/export/run.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-drill-alert-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const SERIES = 'unwind_drill_passed_timestamp_seconds{service="checkout",environment="production"}'
/** In these tests the clock begins at zero, and so the drill has passed at zero: one sample every five minutes. */
const UNIT_TEST = `rule_files: [rules.yml]
evaluation_interval: 5m
tests:
  - interval: 5m
    input_series: [{ series: '${SERIES}', values: '0x3000' }]
    alert_rule_test:
      - { eval_time: 7d, alertname: RestoreNotDrilled, exp_alerts: [] }
      - { eval_time: 9d, alertname: RestoreNotDrilled, exp_alerts: [{ exp_labels: &labels { service: checkout, environment: production, severity: warning }, exp_annotations: &said { summary: No restore drill of checkout in production has passed for eight days } }] }
  - interval: 5m
    input_series: [{ series: 'unwind_build_info', values: '1x100' }]
    alert_rule_test:
      - { eval_time: 1h, alertname: RestoreNotDrilled, exp_alerts: [{ exp_labels: *labels, exp_annotations: *said }] }
`

test('the alert of the guide fires when no drill has passed for too long, and when none ever has', async () => {
  const guide = await readFile(new URL('../../docs/guide/databases.md', import.meta.url), 'utf8')
  const [, rules = ''] = /```yaml\n(groups:\n[^`]*RestoreNotDrilled[^`]*)```/.exec(guide) ?? []
  await writeFile(join(folder, 'rules.yml'), rules)
  await writeFile(join(folder, 'test.yml'), UNIT_TEST)
  const promtool = await findBinary('promtool')
  const checked = await run(promtool, ['check', 'rules', join(folder, 'rules.yml')])
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('1 rules found') })
  const said = await run(promtool, ['test', 'rules', join(folder, 'test.yml')])
  expect(`${said.stdout}${said.stderr}`).toContain('SUCCESS')
}, 120_000)
