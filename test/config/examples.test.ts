import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { RunbookDocument } from '../../activities/runbook.ts'
import { kinds } from '../../activities/schemas.ts'
import { readConfiguration } from '../../config/load.ts'
import { readRunbooks, runbookNamed } from '../../config/runbooks/library.ts'
import { lintRunbook } from '../../config/runbooks/lint.ts'
import { compileRunbook } from '../../model/runbook/compile.ts'
import { surroundingsOf } from '../../model/runbook/loaded.ts'
import { RunbookSettings } from '../../model/runbook/settings.ts'

const folder = fileURLToPath(new URL('../../examples/runbooks/', import.meta.url))
const production = fileURLToPath(new URL('../../examples/production/unwind.yaml', import.meta.url))
const configuration = readConfiguration(readFileSync(production, 'utf8'), 'unwind.yaml')
const library = await readRunbooks(RunbookSettings.parse({ folder }), RunbookDocument)
const reviewed = new Map([...library.runbooks].map(([name, loaded]) => [name, { ...loaded, reviewed: true }]))
const names = [...reviewed.keys()]
const ANNA = { subject: 'anna', groups: ['sre'] }

function compiled(name: string, others = reviewed) {
  const around = { configuration, kinds, measurements, others }
  const loaded = others.get(name) ?? runbookNamed(library, name)
  return compileRunbook(loaded, { environment: 'production', reason: 'it is slow' }, around, ANNA)
}

test('every file there is a runbook, called like its file', () => {
  expect(library.broken).toEqual([])
  expect(names.map((name) => `${name}.yaml`)).toEqual(readdirSync(folder))
})

test.each(names)('lint finds nothing wrong in %s', (name) => {
  const text = readFileSync(`${folder}${name}.yaml`, 'utf8')
  const around = { ...surroundingsOf(configuration, measurements), runbooks: names }
  expect(lintRunbook(text, RunbookDocument, around).problems).toEqual([])
})

test.each(names)('%s runs with the production example', (name) => {
  const input = compiled(name)
  expect(input).toMatchObject({ service: name, runbook: { name, revision: reviewed.get(name)?.revision } })
  const changes = input.steps.filter(({ role }) => role === undefined)
  expect(changes.length).toBeGreaterThan(0)
  expect(changes.every(({ taskQueue }) => taskQueue === 'production-network')).toBe(true)
})

test('what is not reviewed does not run there, and neither does what embeds it', () => {
  expect(() => compiled('checkout', new Map(library.runbooks))).toThrow(/is not reviewed; have it merged in/)
  const halfway = new Map(reviewed).set('api', runbookNamed(library, 'api'))
  expect(() => compiled('shop', halfway)).toThrow(/runbook api \(revision [0-9a-f]{64}\) is not reviewed/)
})

test('the runbook as people write it: every branch of its tree, every step, every line of its checklist', () => {
  const { runbook, steps } = compiled('api')
  expect(runbook?.questions.map(({ id, onYes, onNo }) => [id, onYes, onNo])).toEqual([
    ['assess', { ask: 'migrations' }, { stop: 'Investiguer autres causes.' }],
    ['migrations', { run: 'compatibilite' }, { run: 'application' }],
  ])
  const application = steps.filter(({ procedure }) => procedure === 'application')
  expect(application.map(({ id, role = 'change', title }) => [id, role, title])).toEqual([
    ['api', 'change', 'deployment/api → previous'],
    [
      'sante',
      'check',
      'GET api /health is 200, error_rate is below 1%, latency_p99 is below 500ms, pods of api are healthy',
    ],
    ['metriques', 'manual', 'Vérifier les métriques dans Grafana'],
  ])
  expect(application[1]?.check).toMatchObject({ every: 15_000, within: 600_000, consecutive: 4, warmUp: 120_000 })
  expect(runbook?.checklist).toHaveLength(11)
})
