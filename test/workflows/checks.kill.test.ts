import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { expect, inject, onTestFinished, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../model/limits.ts'
import type { RunInput, RunState } from '../../model/run.ts'
import { ALICE } from '../support/engine.ts'
import { until } from '../support/until.ts'

const CHILD = fileURLToPath(new URL('../support/measuring-child.ts', import.meta.url))

/** A worker process that is killed at the end of the test, if it still runs then. */
function workerProcess(about: object): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, JSON.stringify(about)], { stdio: 'ignore' })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

/** A run of one check: so many passes in a row, ten looks a second. */
function inputOf(service: string, consecutive: number): RunInput {
  const spec = { http: 'health' }
  const measurements = [{ kind: 'http', title: 'GET health / is 200', connection: 'health', spec }]
  const check = { every: 100, within: 60_000, consecutive, warmUp: 0, failureLimit: 0, measurements }
  return {
    ...{ format: 1, service, environment: 'test', reason: 'is it well?', startedBy: ALICE, accept: [] },
    policy: { approvals: [], inline: true },
    limits: { ...DEFAULT_LIMITS, heartbeat: 3_000 },
    steps: [
      {
        ...{ id: 'healthy', kind: 'check', title: 'healthy', connection: 'unwind', step: { kind: 'check' } },
        ...{ optional: false, onFailure: 'pause', role: 'check', procedure: 'only', check },
      },
    ],
    runbook: {
      ...{ name: 'shop', revision: '1'.repeat(64), source: 'shop.yaml', parameters: {}, questions: [] },
      ...{ procedure: 'only', approvals: [], contacts: {}, communicate: {}, checklist: [] },
    },
  }
}

test('a worker killed in mid-check: another one goes on with the series', { timeout: 90_000 }, async () => {
  let looks = 0
  const server = createServer((_, answer) => {
    looks++
    answer.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
  })
  const [address, taskQueue, service] = [inject('temporalAddress'), randomUUID(), `s-${randomUUID()}`]
  const about = { address, taskQueue, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  const first = workerProcess(about)
  const connection = await Connection.connect({ address })
  onTestFinished(() => connection.close())
  const args: [RunInput] = [inputOf(service, 80)]
  const workflowId = `rollback/test/${service}`
  const handle = await new Client({ connection }).workflow.start('rollback', { workflowId, taskQueue, args })
  const counted = (enough: number) =>
    until(
      async () => looks,
      (seen) => seen >= enough,
      (seen) => `${seen} looks`,
      40_000,
    )
  await counted(40)
  first.kill('SIGKILL')
  workerProcess(about)
  const state = (await handle.result()) as RunState
  expect(state.outcome).toBe('recovered')
  expect(state.steps[0]?.verdict).toMatchObject({ status: 'pass', evidence: { facts: { inARow: 80, failed: 0 } } })
  expect(looks).toBeGreaterThan(80)
  expect(looks).toBeLessThan(80 + 40)
})
