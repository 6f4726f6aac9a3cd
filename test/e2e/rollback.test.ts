import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Ground, openGround } from '../prove/crash/ground.ts'
import { newSubject, type Subject } from '../prove/crash/run.ts'
import { until } from '../support/until.ts'
import type { RunningProcess } from '../../tools/process.ts'

interface Record {
  phase: string
  outcome?: string
  code?: string
}

let ground: Ground
let api: RunningProcess & { url: string }
let worker: RunningProcess

beforeAll(async () => {
  ground = await openGround(inject('kubeconfig'))
  api = await ground.startApi()
  worker = await ground.startWorker(true)
})

afterAll(async () => {
  await worker?.stop()
  await api?.stop()
  await ground?.close()
})

test('a rollback that is posted is recovered, and the Deployment changed once', async () => {
  const subject = await newSubject(ground, {})
  const posted = await post(subject)
  expect(posted.status).toBe(202)
  expect(posted.headers.get('location')).toContain(`/v1/rollbacks/test/${subject.name}`)
  expect((await ended(subject)).outcome).toBe('recovered')
  const { spec } = await ground.lab.workload(subject.name)
  expect(JSON.stringify(spec.template)).toContain(':3.9"')
  expect(await subject.changes()).toBe(1)
})

test('the API is killed in the middle of a rollback: it goes on, and the next API tells how it ended', async () => {
  const subject = await newSubject(ground, {})
  ground.watch('change')
  const held = ground.proxy.hold('request')
  expect((await post(subject)).status).toBe(202)
  await held.reached
  await api.kill()
  await held.release()
  await until(
    subject.changes,
    (changes) => changes === 1,
    (changes) => `changed ${changes} times`,
    60_000,
  )
  await api.restart()
  expect((await ended(subject)).outcome).toBe('recovered')
  expect(await subject.changes()).toBe(1)
})

test('the worker is killed in the middle of a posted rollback: another one ends it', async () => {
  const subject = await newSubject(ground, {})
  ground.watch('change')
  const held = ground.proxy.hold('answer')
  expect((await post(subject)).status).toBe(202)
  await held.reached
  await worker.restart()
  expect((await ended(subject)).outcome).toBe('recovered')
  expect(await subject.changes()).toBe(1)
})

function post({ name, step }: Subject): Promise<Response> {
  const body = {
    service: name,
    environment: 'test',
    reason: 'the release is bad',
    accept: ['UNVERIFIED_TARGET'],
    steps: [step],
  }
  return fetch(`${api.url}/v1/rollbacks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': name },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
}

async function ended({ name }: Subject): Promise<Record> {
  const look = async () => {
    const answer = await fetch(`${api.url}/v1/rollbacks/test/${name}`, { signal: AbortSignal.timeout(30_000) })
    return (await answer.json()) as Record
  }
  return until(
    look,
    ({ phase }) => phase === 'ended',
    (seen) => `the rollback is ${JSON.stringify(seen)?.slice(0, 500)}`,
    120_000,
  )
}
