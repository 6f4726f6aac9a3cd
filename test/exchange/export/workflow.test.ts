import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { StartedDocument } from '../../../api/schemas/answers.ts'
import { carriedOut } from './click.ts'
import { CHECKOUT, runbook } from './runbooks.ts'

/** What the address of an API was asked, and what it answers: each reading of the run takes the next state. */
interface Seen {
  requests: { method: string; url: string; headers: Record<string, unknown>; body: string }[]
}

const RUN = '0198c0de-0000-7000-8000-000000000001'
const PAGE = 'https://unwind.example.org/v1/rollbacks/production/checkout'
const DOCUMENT = CHECKOUT.replace(
  'decision:',
  `parameters:
  release: { type: release, default: last-good }
  count: { type: number, default: 2 }
  fast: { type: boolean, default: false }
decision:`,
)

const open: { server?: Server } = {}
afterEach(async () => {
  open.server?.closeAllConnections()
  await new Promise((done) => (open.server ? open.server.close(done) : done(undefined)))
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
  expect(summary).toBe(`Rollback of checkout in production: <${PAGE}>\n\n- running: \n- ended: \n# Report\n`)
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

/** The workflow, carried out against what answers so. */
async function click({ inputs = {}, refuse }: Click, answers: readonly Answer[]) {
  const { seen, address } = await answering(answers, refuse)
  const given = { environment: 'production', reason: 'slow', ...inputs }
  return { seen, ...(await carriedOut(runbook(DOCUMENT), { address, inputs: given })) }
}

async function answering(
  answers: readonly Answer[],
  refuse: Click['refuse'],
): Promise<{ seen: Seen; address: string }> {
  const seen: Seen = { requests: [] }
  const left = [...answers]
  const started = StartedDocument.parse({
    ...{ id: 'rollback/production/checkout', runId: RUN, service: 'checkout', environment: 'production' },
    ...{ url: PAGE, created: true, worker: 'running' },
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
