import { cp, mkdir, readFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { exportRunbook, FORMS, type Surroundings } from '../../../exchange/export/index.ts'
import { inline } from '../../../exchange/export/markdown.ts'
import { thresholds } from '../../../model/threshold.ts'
import { findBinary } from '../../../tools/find.ts'
import { run } from './run.ts'
import { AROUND, CHECKOUT, HOSTILE, runbook } from './runbooks.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-forms-'))
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

const PARAMETERS = CHECKOUT.replace(
  'decision:',
  `parameters:
  release: { type: release, default: last-good }
  environment: { type: string, enum: [a, b], default: a }
  count: { type: number }
  word: { type: string, default: "\${{ secrets.UNWIND_TOKEN }}" }
  force: { type: boolean, default: false, description: "Say \${{ secrets.UNWIND_TOKEN }} or not" }
decision:`,
)

test('every form is made of every runbook, the same each time, and an environment that it does not have is refused', () => {
  for (const form of FORMS)
    for (const text of [CHECKOUT, HOSTILE, PARAMETERS]) {
      const document = runbook(text)
      expect(exportRunbook(form, document).text).toBe(exportRunbook(form, document).text)
    }
  expect(() => exportRunbook('script', runbook(CHECKOUT), { environment: 'moon' })).toThrow(/no environment moon/)
})

describe('the checklist', () => {
  test('holds every question, step, command, check, item and contact', () => {
    const { text } = exportRunbook('checklist', runbook(CHECKOUT), AROUND)
    for (const part of [
      'Is it linked to the last deployment? Yes: carry out app-only. No: stop: Investigate other causes.',
      'kubectl -n shop rollout undo deployment/checkout --to-revision=3',
      '- [ ] Empty the cache (may be skipped).',
      '- [ ] http checkout, path /healthz',
      '- [ ] Confirm the problem (required)',
      '- [ ] Update the status page',
      '- escalation: @lead',
      '- [ ] 2 people of sre approved',
    ])
      expect(text).toContain(part)
  })

  test('no text of a runbook makes a heading, a link, HTML or another line', () => {
    expect(inline('# a')).toBe('\\# a')
    expect(inline('1. a\n# b')).toBe('1\\. a \\# b')
    expect(inline('[x](javascript:y) <img>')).toBe('\\[x\\](javascript:y) \\<img\\>')
    const { text } = exportRunbook('checklist', runbook(HOSTILE))
    expect(text.split('\n').filter((line) => line.startsWith('touch owned'))).toEqual([])
  })
})

describe('the workflow of GitHub Actions', () => {
  test.each([
    ['a whole runbook', CHECKOUT],
    ['parameters of every type', PARAMETERS],
    ['hostile texts', HOSTILE],
  ])('satisfies actionlint and ShellCheck: %s', async (name, text) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.yml`)
    await writeFile(path, exportRunbook('github-actions', runbook(text)).text)
    const shellcheck = await findBinary('shellcheck')
    const args = ['-no-color', '-shellcheck', shellcheck, '-pyflakes', '', path]
    expect(await run(await findBinary('actionlint'), args)).toMatchObject({ stdout: '', code: 0 })
  })

  test('the action, and the example that uses it, satisfy actionlint', async () => {
    const [example, action] = ['examples/ci/github-action.yaml', 'action.yml'].map(
      (path) => new URL(`../../../${path}`, import.meta.url),
    )
    const [workflows, used] = ['.github/workflows', '.github/actions/unwind'].map((path) => join(folder, path))
    await Promise.all([workflows, used, join(folder, '.git')].map((path) => mkdir(path ?? '', { recursive: true })))
    await cp(action ?? '', join(used ?? '', 'action.yml'))
    await cp(new URL('../../../action', import.meta.url), join(used ?? '', 'action'), { recursive: true })
    const path = join(workflows ?? '', 'rollback.yml')
    const text = await readFile(example ?? '', 'utf8')
    const check = async (content: string) => {
      await writeFile(path, content)
      return run(await findBinary('actionlint'), ['-no-color', '-pyflakes', '', path], {
        cwd: folder,
        env: { PATH: process.env['PATH'] },
      })
    }
    expect(await check(text)).toMatchObject({ stdout: '', code: 0 })
    expect((await check(text.replace('runbook: checkout', 'runbok: checkout'))).stdout).toContain(
      '"runbok" is not defined',
    )
  })

  test('offers the environments to choose from, and no input is text of a script', () => {
    const workflow = parse(exportRunbook('github-actions', runbook(PARAMETERS)).text) as Workflow
    expect(workflow.on.workflow_dispatch.inputs['environment']).toMatchObject({
      type: 'choice',
      options: ['production', 'staging'],
    })
    expect(Object.keys(workflow.on.workflow_dispatch.inputs)).toContain('parameter_environment')
    for (const step of workflow.jobs.rollback.steps) expect(step.run).not.toContain('${{')
  })
})

interface Workflow {
  on: { workflow_dispatch: { inputs: Record<string, unknown> } }
  jobs: { rollback: { steps: { run: string }[] } }
}

describe('the alerting rules', () => {
  test.each([
    ['one environment', CHECKOUT, 'production', 3],
    ['all environments', CHECKOUT, undefined, 6],
    ['no trigger that can be one', HOSTILE, undefined, 0],
  ])('satisfy promtool: %s', async (name, text, environment, count) => {
    const path = join(folder, `${name.replaceAll(' ', '-')}.yml`)
    await writeFile(path, exportRunbook('prometheus', runbook(text), environment ? { environment } : {}).text)
    const said = await run(await findBinary('promtool'), ['check', 'rules', path])
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining(`${count} rules found`) })
  })

  test('fire where the trigger says so, and not below', { timeout: 60_000 }, async () => {
    const { text, remarks } = exportRunbook('prometheus', runbook(CHECKOUT), { environment: 'production' })
    expect(remarks).toEqual(['trigger errors: it matches an alert that rules of yours define'])
    await writeFile(join(folder, 'rules.yml'), text)
    await writeFile(join(folder, 'test.yml'), UNIT_TEST)
    const said = await run(await findBinary('promtool'), ['test', 'rules', join(folder, 'test.yml')])
    expect(`${said.stdout}${said.stderr}`).toContain('SUCCESS')
    expect(said.code).toBe(0)
  })

  test('ask the query that the configuration has for the name, of the environment that they are for', () => {
    const metrics = (environment: string) => ({
      ...{ kind: 'prometheus', environment },
      queries: { latency_p99: { query: `p99{s="{{ service }}",e="{{ environment }}"}[{{ window }}]`, window: '3m' } },
    })
    const connections = { one: metrics('production'), two: metrics('staging') }
    const { text } = exportRunbook('prometheus', runbook(CHECKOUT), { connections })
    expect(text).toContain('expr: (p99{s="checkout",e="production"}[3m]) > 5')
    expect(text).toContain('expr: (p99{s="checkout",e="staging"}[3m]) > 5')
  })

  test('bounds are seconds for durations and fractions for per cent; anything else is refused', () => {
    expect(thresholds({ above: '500ms', below: '10%' })).toEqual([
      { operator: '>', value: 0.5, text: 'above 500ms' },
      { operator: '<', value: 0.1, text: 'below 10%' },
    ])
    expect(thresholds({ atLeast: 2, atMost: '1.5' })).toEqual([
      { operator: '>=', value: 2, text: 'at least 2' },
      { operator: '<=', value: 1.5, text: 'at most 1.5' },
    ])
    expect(() => thresholds({ above: 'much' })).toThrow(RangeError)
  })
})

/** Slow and crashing from the start; errors at 5 %, below the bound. */
const UNIT_TEST = `
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - { series: latency_p99, values: '6x20' }
      - { series: error_rate, values: '0.05x20' }
      - { series: 'kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff", namespace="shop", pod="checkout-7d9f8b6c5-abcde"}', values: '1x20' }
      - { series: 'kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff", namespace="shop", pod="checkout-7d9f8b6c5-fghij"}', values: '1x20' }
      - { series: 'kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff", namespace="shop", pod="checkout-worker-5b6-zzzzz"}', values: '1x20' }
    alert_rule_test:
      - eval_time: 10m
        alertname: Unwind_checkout_latency
        exp_alerts:
          - exp_labels: { unwind_runbook: checkout, unwind_trigger: latency, service: checkout, environment: production }
            exp_annotations: { summary: 'latency of checkout: the runbook checkout may help', runbook: checkout }
      - { eval_time: 10m, alertname: Unwind_checkout_rate, exp_alerts: [] }
    promql_expr_test:
      - expr: count(ALERTS{alertname="Unwind_checkout_crashes", alertstate="firing"})
        eval_time: 10m
        exp_samples: [{ labels: '{}', value: 1 }]
      - expr: count(kube_pod_container_status_waiting_reason{pod=~"checkout-[a-z0-9]+-[a-z0-9]{5}"})
        eval_time: 10m
        exp_samples: [{ labels: '{}', value: 2 }]
`

describe('the AnalysisTemplates', () => {
  const METRICS = `
apiVersion: unwind/v1
kind: Runbook
metadata: { name: shop, service: shop }
steps:
  - { id: app, kind: kubernetes, workload: deployment/shop, namespace: shop }
  - id: healthy
    kind: check
    within: 5m
    every: 15s
    consecutive: 4
    warmUp: 30s
    failureLimit: 3
    all:
      - { http: shop, path: /healthz, status: [200, 204], contains: "$(touch owned)" }
      - { pods: healthy, of: app }
`

  test('say the series of the check, and carry texts of a runbook as values only', () => {
    const around: Surroundings = { connections: { shop: { kind: 'http', origin: 'http://shop' } } }
    const { text, remarks } = exportRunbook('analysis-template', runbook(METRICS), around)
    const [template] = parseAllDocuments(text).map((document) => document.toJS() as Template)
    expect(template).toMatchObject({ apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate' })
    const [metric] = template?.spec.metrics ?? []
    expect(metric).toMatchObject({
      ...{ interval: '15s', count: 21, consecutiveSuccessLimit: 4, initialDelay: '30s' },
      ...{ failureLimit: 3, inconclusiveLimit: 20 },
    })
    const [container] = metric?.provider.job?.spec.template.spec.containers ?? []
    expect(container?.command.join('\n')).not.toContain('owned')
    expect(container?.env).toContainEqual({ name: 'CONTAINS', value: '$$(touch owned)' })
    expect(remarks).toEqual(['healthy: pods healthy, of app: a Rollout waits for its pods by itself'])
  })

  test('know only fields that the types of Argo Rollouts have', () => {
    const { text } = exportRunbook('analysis-template', runbook(CHECKOUT), AROUND)
    for (const document of parseAllDocuments(text)) {
      const { spec, metadata, ...rest } = document.toJS() as Template
      expect(Object.keys(rest).toSorted()).toEqual(['apiVersion', 'kind'])
      expect(metadata.name).toMatch(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/)
      for (const metric of spec.metrics) {
        expect(METRIC_FIELDS).toEqual(expect.arrayContaining(Object.keys(metric)))
        expect(Object.keys(metric.provider)).toHaveLength(1)
        expect(metric.consecutiveSuccessLimit ?? 1).toBeLessThanOrEqual(metric.count)
      }
    }
  })
})

/** Of `Metric` in pkg/apis/rollouts/v1alpha1/analysis_types.go, argo-rollouts 1.8. */
const METRIC_FIELDS = [
  ...['name', 'interval', 'initialDelay', 'count', 'successCondition', 'failureCondition', 'failureLimit'],
  ...['inconclusiveLimit', 'consecutiveErrorLimit', 'consecutiveSuccessLimit', 'provider'],
]

interface Template {
  apiVersion: string
  kind: string
  metadata: { name: string }
  spec: { metrics: Metric[] }
}

interface Metric {
  count: number
  consecutiveSuccessLimit?: number
  provider: { job?: { spec: { template: { spec: { containers: { command: string[]; env: object[] }[] } } } } }
}
