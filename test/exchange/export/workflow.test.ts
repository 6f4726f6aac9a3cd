import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { StartedDocument } from '../../../api/schemas/answers.ts'
import { exportRunbook } from '../../../exchange/export/index.ts'
import { findBinary } from '../../../tools/find.ts'
import { type Ended, run } from './run.ts'
import { CHECKOUT, runbook } from './runbooks.ts'

/** What the address of an API was asked, and what it answers: each reading of the run takes the next state. */
interface Seen {
  requests: { method: string; url: string; headers: Record<string, unknown>; body: string }[]
}

const RUN = '0198c0de-0000-7000-8000-000000000001'
const DOCUMENT = CHECKOUT.replace(
  'decision:',
  `parameters:
  release: { type: release, default: last-good }
  count: { type: number, default: 2 }
  fast: { type: boolean, default: false }
decision:`,
)

let jq = ''
const open: { server?: Server; folder?: string } = {}
beforeAll(async () => {
  jq = await findBinary('gojq')
}, 120_000)
afterEach(async () => {
  open.server?.closeAllConnections()
  await new Promise((done) => (open.server ? open.server.close(done) : done(undefined)))
  if (open.folder) await rm(open.folder, { recursive: true, force: true })
})

test('it starts the runbook with what was chosen, waits until it has ended, and passes when it recovered', async () => {
  const { ended, seen, output, summary } = await click(
    { inputs: { reason: 'it\'s "slow" $(touch owned)\n::error::no', release: 'v1.8', count: '3', fast: 'true' } },
    [{ phase: 'running' }, { phase: 'running' }, { phase: 'ended', outcome: 'recovered' }],
  )
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
  const [start] = seen.requests
  expect(start).toMatchObject({ method: 'POST', url: '/v1/rollbacks' })
  expect(start?.headers).toMatchObject({ authorization: 'Bearer secret', 'idempotency-key': 'github-77-1' })
  expect(JSON.parse(start?.body ?? '')).toEqual({
    ...{ runbook: 'checkout', environment: 'production', reason: 'it\'s "slow" $(touch owned)\n::error::no' },
    parameters: { release: 'v1.8', count: 3, fast: true },
  })
  expect(output).toBe(`place=production/checkout?run=${RUN}\n`)
  expect(seen.requests.filter(({ method }) => method === 'GET').map(({ url }) => url)).toEqual([
    ...Array(3).fill(`/v1/rollbacks/production/checkout?run=${RUN}`),
    `/v1/rollbacks/production/checkout/report?run=${RUN}`,
  ])
  expect(summary).toBe('# Report\n')
})

test('what was left empty is not sent, and an incident is', async () => {
  const { seen } = await click({ inputs: { incident: 'INC-7' } }, [{ phase: 'ended', outcome: 'recovered' }])
  expect(JSON.parse(seen.requests[0]?.body ?? '')).toMatchObject({ parameters: {}, incident: 'INC-7' })
})

test('it fails when the rollback ended otherwise, and says how', async () => {
  const { ended } = await click({}, [{ phase: 'ended', outcome: 'aborted', problem: { message: 'a\n::warning::b' } }])
  expect(ended[1]).toMatchObject({ code: 1 })
  expect(ended[1]?.stdout).toContain('::error::The rollback ended as aborted: a ::warning::b')
})

test('it says once that a person is needed, and goes on waiting', async () => {
  const { ended } = await click({}, [
    ...[{ phase: 'awaiting-approval' }, { phase: 'awaiting-approval' }, { phase: 'running' }],
    { phase: 'ended', outcome: 'recovered' },
  ])
  expect(ended[1]?.code).toBe(0)
  expect(ended[1]?.stdout.match(/::warning::It waits for a person \(awaiting-approval\)/g)).toHaveLength(1)
})

test('an API that does not answer for a moment changes nothing', async () => {
  const { ended } = await click({}, [{ status: 503 }, { phase: 'ended', outcome: 'recovered' }])
  expect(ended[1]?.code).toBe(0)
})

test('a refusal fails the workflow at its start, with the reason', async () => {
  const { ended } = await click({ refuse: { status: 409, detail: 'A rollback of checkout is running' } }, [])
  expect(ended[0]).toMatchObject({ code: 1 })
  expect(ended[0]?.stdout).toContain('::error::Unwind did not start it (409): A rollback of checkout is running')
})

interface Click {
  inputs?: Record<string, string>
  refuse?: { status: number; detail: string }
}

type Answer = { phase: string; outcome?: string; problem?: { message: string } } | { status: number }

/** Carries out the scripts of the workflow's steps as a runner does, until one fails; the last is for always. */
async function click({ inputs = {}, refuse }: Click, answers: readonly Answer[]) {
  const { seen, address } = await answering(answers, refuse)
  const folder = await mkdtemp(join(tmpdir(), 'unwind-click-'))
  open.folder = folder
  await mkdir(join(folder, 'bin'))
  await symlink(jq, join(folder, 'bin', 'jq'))
  const [output, summary] = [join(folder, 'output'), join(folder, 'summary')]
  await Promise.all([writeFile(output, ''), writeFile(summary, '')])
  const { jobs } = parse(exportRunbook('github-actions', runbook(DOCUMENT)).text) as Workflow
  const given: Record<string, string> = { environment: 'production', reason: 'slow', ...inputs }
  const ended: Ended[] = []
  for (const step of jobs.rollback.steps) {
    const place = /^place=(.*)$/m.exec(await readFile(output, 'utf8'))?.[1] ?? ''
    if (ended.some(({ code }) => code !== 0) && step.name !== 'Report') continue
    if (step.name === 'Report' && place === '') continue
    const written = Object.entries({ ...jobs.rollback.env, ...step.env })
    const env = {
      ...Object.fromEntries(written.map(([name, value]) => [name, evaluated(value, { address, given, place })])),
      ...{
        PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}`,
        GITHUB_RUN_ID: '77',
        GITHUB_RUN_ATTEMPT: '1',
      },
      ...{ GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary, UNWIND_POLL: '0.05' },
    }
    ended.push(await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], { cwd: folder, env }))
  }
  return { ended, seen, output: await readFile(output, 'utf8'), summary: await readFile(summary, 'utf8') }
}

interface Workflow {
  jobs: {
    rollback: {
      env: Record<string, string>
      steps: { name: string; run: string; env?: Record<string, string> }[]
    }
  }
}

interface Values {
  address: string
  given: Record<string, string>
  place: string
}

/** The only expressions that the workflow holds. */
function evaluated(text: string, { address, given, place }: Values): string {
  const expression = /^\$\{\{ (.*) \}\}$/.exec(text)?.[1] ?? text
  if (expression === 'vars.UNWIND_URL') return address
  if (expression === 'secrets.UNWIND_TOKEN') return 'secret'
  if (expression === 'steps.start.outputs.place') return place
  return given[expression.replace(/^inputs\./, '')] ?? ''
}

async function answering(
  answers: readonly Answer[],
  refuse: Click['refuse'],
): Promise<{ seen: Seen; address: string }> {
  const seen: Seen = { requests: [] }
  const left = [...answers]
  const started = StartedDocument.parse({
    ...{ id: 'rollback/production/checkout', runId: RUN, service: 'checkout', environment: 'production' },
    ...{ url: 'https://unwind.example.org/v1/rollbacks/production/checkout', created: true, worker: 'running' },
  })
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.requests.push({ method, url, headers, body })
      const send = (status: number, value: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(typeof value === 'string' ? value : JSON.stringify(value))
      }
      if (method === 'POST') return refuse ? send(refuse.status, refuse) : send(202, started)
      if (url.includes('/report')) return send(200, '# Report\n')
      const next = left.length > 1 ? left.shift() : left[0]
      return next && 'phase' in next ? send(200, { ...next, steps: [], url: started.url }) : send(503, {})
    })
  })
  open.server = server
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { seen, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
