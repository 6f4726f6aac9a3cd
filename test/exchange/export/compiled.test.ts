import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { measurements } from '../../../activities/checks/schemas.ts'
import { kinds } from '../../../activities/schemas.ts'
import { EXPORT_FORMS } from '../../../cli/define/exchange.ts'
import { breakGlassScript, exportRunbook, FORMS } from '../../../exchange/export/index.ts'
import { Configuration } from '../../../model/configuration.ts'
import { compileRunbook } from '../../../model/runbook/compile.ts'
import { findBinary } from '../../../tools/find.ts'
import { run } from './run.ts'
import { CHECKOUT, runbook } from './runbooks.ts'

const configuration = Configuration.parse({
  ...{ apiVersion: 'unwind/v1', kind: 'Configuration' },
  environments: { production: { cluster: 'production', namespace: 'shop' } },
  connections: {
    production: { kind: 'kubernetes', environment: 'production', server: 'https://k8s.example.org:6443' },
    checkout: { kind: 'http', environment: 'production', origin: 'https://checkout.example.org' },
  },
  channels: { 'ops-alerts': { kind: 'log' }, 'post-mortem': { kind: 'log' } },
})

test('the script of a compiled run goes to the ReplicaSet that its plan names, and takes no parameters', async () => {
  const text = CHECKOUT.replace(', to: 3', '').replace(
    'decision:',
    'parameters: { release: { type: release, default: last-good } }\ndecision:',
  )
  const loaded = { runbook: runbook(text), revision: 'a'.repeat(64), source: 'checkout.yaml', reviewed: true }
  const asked = { environment: 'production', reason: 'kept for the worst day' }
  const actor = { subject: 'alice', groups: [] }
  const input = {
    ...compileRunbook(loaded, asked, { configuration, kinds, measurements }, actor),
    limits: { heartbeat: 1, attempts: 1, unpolled: 1, events: 1 },
  }
  const plan = {
    ...{ summary: '', object: '', from: {}, changes: [], reversible: true as const, warnings: [] },
    ...{ to: { replicaSet: 'checkout-7d9', templateHash: 'x' }, limits: { apply: 1, verify: 1 } },
  }
  const made = breakGlassScript(input, configuration.connections, [{ id: 'app', plan }])
  expect(made.remarks).toEqual([])
  expect(made.text).toContain('get replicaset checkout-7d9')
  const revisioned = { ...plan, to: { controllerRevision: { name: 'checkout-5f6', uid: 'u' }, templateHash: 'x' } }
  const other = breakGlassScript(input, configuration.connections, [{ id: 'app', plan: revisioned }])
  expect(other.text).toContain('checkout-5f6')
  expect(made.text).toContain('http https://checkout.example.org/healthz 200')
  expect(made.text).toContain(`# Revision of the runbook: ${'a'.repeat(64)}`)
  expect(made.text).not.toContain('parameter_')
  expect(breakGlassScript(input).text).toContain('choose last-good checkout')
  const said = await run(await findBinary('shellcheck'), ['--shell=sh', '-'], { input: made.text })
  expect(said).toMatchObject({ code: 0, stdout: '' })
})

test('several workloads of one step become commands in their order, each to what the plan names', () => {
  const text = `
apiVersion: unwind/v1
kind: Runbook
metadata: { name: shop, service: shop }
steps:
  - { id: all, kind: kubernetes-release, workloads: [statefulset/ledger, deployment/shop], namespace: shop }
`
  const exact = { 'all-1': { controllerRevision: 'ledger-5f6' }, 'all-2': { replicaSet: 'shop-7d9' } }
  const { text: script } = exportRunbook('script', runbook(text), { exact })
  const lines = ['get controllerrevision ledger-5f6', 'rollout undo statefulset/ledger', 'get replicaset shop-7d9']
  const places = [...lines, 'rollout undo deployment/shop'].map((line) => script.indexOf(line))
  expect(places.every((place) => place > 0)).toBe(true)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  const listed = exportRunbook('checklist', runbook(text)).text
  expect(listed).toContain('rollout undo statefulset/ledger --to-revision=<revision>')
})

test('the probe of an AnalysisTemplate passes where the check does, and fails where it doesn’t', async () => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/down' ? 503 : 200)
    response.end("it's up")
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = await mkdtemp(join(tmpdir(), 'unwind-probe-'))
  const probed = async (measurement: string) => {
    const text = `
apiVersion: unwind/v1
kind: Runbook
metadata: { name: shop, service: shop }
steps: [{ id: up, kind: check, all: [${measurement}] }]
`
    const around = { connections: { shop: { kind: 'http', origin } } }
    const made = parse(exportRunbook('analysis-template', runbook(text), around).text) as Template
    const [container] = made.spec.metrics[0]?.provider.job.spec.template.spec.containers ?? []
    const values = (container?.env ?? []).map(({ name, value }) => [name, value.replaceAll('$$(', () => '$(')])
    const [shell = '', ...args] = container?.command ?? []
    const env = { PATH: process.env['PATH'], ...Object.fromEntries(values) }
    return (await run(shell, args, { cwd: folder, env })).code
  }
  try {
    expect(await probed('{ http: shop, path: /up, contains: "it\'s up" }')).toBe(0)
    expect(await probed('{ http: shop, path: /up, below: 5s }')).toBe(0)
    expect(await probed('{ http: shop, path: /up, contains: "$(touch owned)" }')).toBe(1)
    expect(await probed('{ http: shop, path: /up, below: 0ms }')).toBe(1)
    expect(await probed('{ http: shop, path: /down }')).toBe(1)
    expect(await probed('{ http: shop, path: /down, status: [200, 503] }')).toBe(0)
  } finally {
    server.close()
    await rm(folder, { recursive: true })
  }
})

test('the command line names every form that there is', () => {
  expect(EXPORT_FORMS).toEqual([...FORMS])
})

interface Template {
  spec: {
    metrics: {
      provider: {
        job: {
          spec: { template: { spec: { containers: { command: string[]; env: { name: string; value: string }[] }[] } } }
        }
      }
    }[]
  }
}
