import { createServer, connect as dial } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Rollback, Summary } from '../../cli/calls.ts'
import { MESSAGE_DESCRIPTIONS } from '../../model/messages.ts'
import type { RunState } from '../../model/run.ts'
import { type Ground, openGround } from './ground.ts'
import { start, unwind } from './unwind.ts'
import { until } from '../support/until.ts'

/** What Temporal's own UI shows of a workflow, in the part that is read here. */
interface Metadata {
  definition: { updateDefinitions: { name: string; description: string }[] }
}

let ground: Ground

beforeAll(async () => {
  ground = await openGround(inject('kubeconfig'), inject('temporalAddress'), 'cli-rollback')
})

afterAll(() => ground?.close())

function run(...args: string[]) {
  return unwind(args, ground)
}

const BACK = [
  'deployment/checkout',
  '--to',
  'previous',
  '--soak',
  '0s',
  '--accept',
  'ROLLED_BACK_BEFORE',
  '--reason',
  'v2 is slow',
]

describe('a rollback from the command line', () => {
  test('is planned without changing anything, as text and as data', async () => {
    await ground.deploy('v2')
    const text = await run('plan', 'deployment/checkout', '--to', 'previous')
    expect(text).toMatchObject({
      code: 0,
      stderr: '\nNothing was changed. Carry it out:\n  unwind start deployment/checkout --to previous --reason "…"\n',
    })
    expect(text.stdout).toContain('+ spec.containers[app].image')
    expect(text.stdout).toMatch(/Digest {2}[0-9a-f]{64}\n$/)
    const dry = await run('start', ...BACK, '--dry-run', '-o', 'json')
    expect(JSON.parse(dry.stdout)).toMatchObject({ digest: expect.any(String), steps: [{ kind: 'kubernetes' }] })
    expect((await run('get', 'checkout')).code).toBe(5)
  })

  test('is started and watched: the outcome on stdout, what happens on stderr, exit code 0', async () => {
    const done = await run('start', ...BACK)
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^checkout in production: recovered \([\d.]+ m?s\)\n$/),
    })
    expect(done.stderr).toContain('Started the rollback of checkout in production')
    expect(done.stderr).toMatch(/\d\d:\d\d:\d\d {2}kubernetes-1 {2}deployment\/checkout → previous is applied/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: without a terminal nothing may control one
    expect(done.stderr).not.toMatch(/\u001b/)
  })

  test('can be looked at afterwards', async () => {
    const list = JSON.parse((await run('list', '-e', 'production', '--service', 'checkout', '-o', 'json')).stdout) as {
      rollbacks: Summary[]
    }
    expect(list.rollbacks[0]).toMatchObject({ service: 'checkout', outcome: 'recovered' })
    expect((await run('get', 'production/checkout')).stdout).toContain('✓ deployment/checkout → previous')
    expect((await run('get', 'checkout', '-o', 'yaml')).stdout).toContain('outcome: recovered')
    expect((await run('report', 'checkout')).stdout).toMatch(/^# Rollback of checkout in production: recovered/)
    expect(JSON.parse((await run('report', 'checkout', '-o', 'json')).stdout)).toMatchObject({ outcome: 'recovered' })
    expect((await run('history', 'deployment/checkout')).stdout).toMatch(
      /REVISION +WHAT +AGE +STATE\n3 .*checkout:v1.*current\n2 .*checkout:v2/,
    )
    expect((await run('watch', 'checkout')).code).toBe(0)
  })

  test('can be taken back', async () => {
    expect(await run('undo', 'checkout', '--reason', 'v2 was fine', '--accept', 'ROLLED_BACK_BEFORE')).toMatchObject({
      code: 0,
    })
    expect((await run('history', 'deployment/checkout', '-o', 'json')).stdout).toMatch(
      /checkout:v2",\s+"current": true/,
    )
  })

  test('comes from a file as well, and from stdin', async () => {
    const request = {
      service: 'checkout',
      environment: 'production',
      steps: [{ kind: 'kubernetes', workload: 'deployment/checkout', to: 'v1', soak: '0s' }],
      accept: ['ROLLED_BACK_BEFORE'],
    }
    await writeFile(join(ground.folder, 'request.yaml'), JSON.stringify(request))
    expect(await run('start', '-f', 'request.yaml', '--reason', 'from a file')).toMatchObject({ code: 0 })
    const piped = await unwind(['plan', '-f', '-'], { ...ground, input: JSON.stringify({ ...request, reason: 'x' }) })
    expect(piped.stdout).toContain('nothing changes: it is there already')
  })
})

describe('a rollback that needs a person', () => {
  test('promise 7, people are told: the watch ends with exit code 8, and says what to type', async () => {
    await ground.deploy('v3', { bad: true })
    await ground.deploy('v4')
    const done = await run('start', ...BACK)
    expect(done).toMatchObject({
      code: 8,
      stdout: expect.stringContaining('checkout in production is waiting for a person'),
    })
    expect(done.stderr).toContain('VERIFY_FAILED: container app of pod')
    expect(done.stderr).toContain('\n    unwind compensate checkout -e production\n      takes back what was done')
  })

  test('promise 10, page, API, CLI and Temporal UI are equal: all show the same parking and take the same answers', async () => {
    const rollback = JSON.parse((await run('get', 'checkout', '-o', 'json')).stdout) as Rollback
    const text = (await run('get', 'checkout')).stdout
    const connection = await Connection.connect({ address: inject('temporalAddress') })
    const handle = new Client({ connection, namespace: ground.namespace }).workflow.getHandle(
      rollback.id,
      rollback.runId,
    )
    const state = await handle.query<RunState>('state')
    const { definition } = await handle.query<Metadata>('__temporal_workflow_metadata')
    await connection.close()
    expect(rollback.parked).toEqual(state.parked)
    for (const { choice, effect } of state.parked?.choices ?? [])
      expect(text).toContain(
        `unwind ${choice} checkout -e production${choice === 'abort' ? ' --reason "…"' : ''}\n      ${effect}`,
      )
    const updates = definition.updateDefinitions.map(({ name, description }) => [name, description])
    expect(Object.fromEntries(updates)).toMatchObject(MESSAGE_DESCRIPTIONS)
  })

  test('is not answered by mistake: no prompt without a terminal, and nothing for another attempt', async () => {
    expect(await run('compensate', 'checkout')).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') })
    const stale = await run('retry', 'checkout', '--attempt', 'kubernetes-1:7')
    expect(stale).toMatchObject({ code: 6, stderr: expect.stringContaining('waits at kubernetes-1:1 now') })
    expect(await run('skip', 'checkout')).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('does not take skip'),
    })
  })

  test('refuses a second one, and says how to watch the first', async () => {
    const second = await run('start', ...BACK)
    expect(second).toMatchObject({ code: 6, stdout: '' })
    expect(second.stderr).toContain('ROLLBACK_RUNNING')
    expect(second.stderr).toContain('unwind watch checkout -e production')
  })

  test('is claimed, tried again, and taken back; each says what it does', async () => {
    expect(await run('claim', 'checkout', '--note', 'on it')).toMatchObject({ code: 0 })
    expect(await run('retry', 'checkout')).toMatchObject({
      code: 8,
      stderr: expect.stringContaining('retry: goes on with'),
    })
    const back = await run('compensate', 'checkout', '--yes')
    expect(back).toMatchObject({ code: 0, stdout: expect.stringContaining('taken back') })
    expect((await run('compensate', 'checkout', '--yes')).code).toBe(6)
  })

  test('is approved by its digest, or rejected', async () => {
    const args = BACK.filter((word) => !word.includes('ROLLED') && word !== '--accept')
    const waiting = await run('start', ...args)
    expect(waiting).toMatchObject({ code: 8, stderr: expect.stringContaining('unwind approve checkout -e production') })
    expect(await run('approve', 'checkout')).toMatchObject({ code: 2, stderr: expect.stringContaining('--digest') })
    expect((await run('approve', 'checkout', '--digest', '00000000')).code).toBe(6)
    expect(await run('reject', 'checkout', '--yes', '--watch')).toMatchObject({ code: 9 })
  })
})

describe('leaving', () => {
  test('by Ctrl-C detaches: the rollback goes on, and the message says how to look again', async () => {
    await ground.deploy('v5')
    const watching = start(['start', ...BACK, '--soak', '5m'], ground)
    await watching.says('is applied')
    watching.child.kill('SIGINT')
    const left = await watching.ended
    expect(left.code).toBe(130)
    expect(left.stderr).toContain('The rollback of checkout in production goes on.')
    expect(left.stderr).toContain('unwind watch checkout -e production')
    expect(JSON.parse((await run('get', 'checkout', '-o', 'json')).stdout)).toMatchObject({ phase: 'running' })
  })

  test('by --timeout has an exit code of its own', async () => {
    expect(await run('watch', 'checkout', '--timeout', '500ms')).toMatchObject({ code: 124 })
  })

  test('is not needed when the API goes away: the watch finds it again', async () => {
    const watching = start(['watch', 'checkout'], ground)
    await watching.says('is applied')
    await ground.api.kill()
    await watching.says('does not answer just now')
    await ground.api.restart()
    expect(await run('abort', 'checkout', '--reason', 'enough', '--yes')).toMatchObject({ code: 0 })
    expect(await watching.ended).toMatchObject({ code: 9, stdout: expect.stringContaining('aborted') })
  })

  test('never starts a second rollback: a lost answer is asked for again with the same key', async () => {
    await ground.deploy('v6')
    const before = await listed()
    const { port, close } = await losingFirstAnswer(Number(new URL(ground.url).port))
    const args = ['start', ...BACK, '--url', `http://127.0.0.1:${port}`, '-o', 'json']
    const done = await run(...args)
    await close()
    expect(done.code).toBe(0)
    expect(done.stderr).toContain('asking again with the same key')
    const { runId } = JSON.parse(done.stdout) as Rollback
    // The list is eventually consistent, so it is read until it has this rollback, which began last.
    const after = await until(
      listed,
      (ids) => ids.includes(runId),
      () => `no ${runId} in the list`,
    )
    expect(after.toSorted()).toEqual([...before, runId].toSorted())
  })
})

/** The rollbacks on record in this ground's Temporal, by run id. */
async function listed(): Promise<string[]> {
  const { stdout } = await run('list', '-o', 'json', '--limit', '100')
  return (JSON.parse(stdout) as { rollbacks: Summary[] }).rollbacks.map((rollback) => rollback.runId)
}

/** A relay to the API that takes the first request to it and loses the answer. */
async function losingFirstAnswer(target: number): Promise<{ port: number; close(): Promise<void> }> {
  let first = true
  const server = createServer((inward) => {
    const outward = dial(target, '127.0.0.1')
    const lose = first
    first = false
    inward.pipe(outward)
    outward.on('data', (chunk) => (lose ? inward.destroy() : inward.write(chunk)))
    for (const socket of [inward, outward]) socket.on('error', () => undefined)
    inward.on('close', () => outward.destroy())
    outward.on('close', () => inward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
