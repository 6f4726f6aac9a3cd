import { NativeConnection } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { RollbackDocument, StartedDocument } from '../../api/schemas/answers.ts'
import { Configuration } from '../../model/configuration.ts'
import type { Phase } from '../../model/run.ts'
import { createWorker } from '../../worker/run.ts'
import { type OpenApi, openApi } from '../api/open.ts'
import { pathOf } from '../api/request.ts'
import { reaches } from '../api/run.ts'
import { workflowBundle } from '../support/bundle.ts'
import { publicKey } from '../support/engine.ts'
import { openRdsGround, type RdsGround } from '../targets/rds-ground.ts'

const LIMIT = 120_000
const QUEUE = 'opening-of-rds'
const [APPLICATIONS, QUARANTINE] = [['sg-application'], ['sg-quarantine']]

let ground: RdsGround
let api: OpenApi
const closing: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  ground = await openRdsGround()
  ground.model.meddle = (action) => (action === 'CreateDBSnapshot' ? 'denied' : undefined)
  const { name: region, account } = ground.model.region
  const configuration = Configuration.parse({
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration', environments: { test: { aws: 'aws' } } },
    connections: {
      aws: { kind: 'aws', environment: 'test', region, account, endpoint: ground.model.url, poll: '50ms' },
    },
    worker: { credentials: { aws: { profile: 'writer' } } },
    temporal: { taskQueue: QUEUE },
  })
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') })
  const worker = await createWorker({
    ...{ configuration, connection, namespace: 'default', verifyKeys: [publicKey] },
    workflowBundle: await workflowBundle(),
    options: { shutdownGraceTime: 0 },
  })
  const running = worker.run()
  api = openApi({ address: inject('temporalAddress'), configuration })
  closing.push(
    () => api.close(),
    async () => {
      worker.shutdown()
      await running
      await connection.close()
    },
  )
}, LIMIT)
afterAll(async () => {
  for (const close of closing) await close()
  await ground?.close()
}, LIMIT)

/** A database, a candidate in its quarantine, and a rollback that promotes, opens and then fails. */
async function scene(name: string, steps: object[]) {
  const { model } = ground
  const old = model.region.put(name, { VpcSecurityGroupIds: APPLICATIONS })
  const next = model.region.put(`${name}-next`, { VpcSecurityGroupIds: QUARANTINE })
  model.region.put(`${name}-other`)
  const body = { service: name, environment: 'test', reason: 'the release destroyed orders', steps }
  const started = await api.call<StartedDocument>('POST', '/v1/rollbacks', body)
  expect(started.status).toBe(202)
  return { old, next, groups: () => next.settings['VpcSecurityGroupIds'] }
}

async function answer(name: string, verb: string, body: object): Promise<void> {
  const answered = await api.call('POST', pathOf(name, verb), body)
  expect(answered, JSON.stringify(answered.body)).toMatchObject({ status: 200 })
}

async function approved(name: string, run?: string): Promise<RollbackDocument> {
  const document = await reaches(api, name, 'awaiting-approval', run)
  await answer(name, 'approvals', { planDigest: document.planDigest, decision: 'approve' })
  return document
}

/** Where it is parked, answered in that way. */
async function decided(name: string, choice: string): Promise<RollbackDocument> {
  const document = await reaches(api, name, 'parked' as Phase)
  const { stepId, attempt } = document.parked ?? {}
  await answer(name, 'decisions', { stepId, attempt, choice })
  return document
}

const promote = (name: string) => ({
  ...{ id: 'swap', kind: 'rds-promote', instance: name, candidate: `${name}-next`, traffic: 'closed' },
})
const open = (name: string) => ({ id: 'open', kind: 'rds-open', instance: name, serving: { ref: 'swap.serving' } })
/** Fails: nobody may take a snapshot here. */
const fails = (name: string) => ({ id: 'copy', kind: 'rds-snapshot', instance: `${name}-other` })

test('until it is opened only whoever validates reaches it, and the promotion can be taken back', {
  timeout: LIMIT,
}, async () => {
  const { old, next, groups } = await scene('early', [promote('early'), fails('early'), open('early')])
  await approved('early')
  const parked = await decided('early', 'compensate')
  expect(parked.parked).toMatchObject({ stepId: 'copy' })
  expect(next.identifier).toBe('early')
  expect(groups()).toEqual(QUARANTINE)
  expect(await reaches(api, 'early', 'ended')).toMatchObject({ outcome: 'compensated' })
  expect([old.identifier, next.identifier]).toEqual(['early', 'early-next'])
  expect([...next.tags.keys()]).not.toContain('unwind:opens')
  expect(old.settings['VpcSecurityGroupIds']).toEqual(APPLICATIONS)
})

test('opening is the point of no return: its run takes nothing back any more, and a later one says what that loses', {
  timeout: LIMIT,
}, async () => {
  const { old, next, groups } = await scene('late', [promote('late'), open('late'), fails('late')])
  const plan = await approved('late')
  expect(plan.steps.find(({ id }) => id === 'open')?.plan?.reversible).toMatchObject({
    because: expect.stringContaining('lose what they have written'),
  })
  await decided('late', 'compensate')
  const held = await decided('late', 'abort')
  expect(held.parked).toMatchObject({ stepId: 'open', problem: { code: 'TARGET_REJECTED' } })
  expect(await reaches(api, 'late', 'ended')).toMatchObject({ outcome: 'aborted' })
  expect([old.identifier.startsWith('late-old-'), next.identifier]).toEqual([true, 'late'])
  expect(groups()).toEqual(APPLICATIONS)
  const back = await api.call<StartedDocument>('POST', pathOf('late', 'undo'), {
    reason: 'the restored moment was wrong',
  })
  expect(back.status).toBe(202)
  const asked = await approved('late', back.body.runId)
  const codes = asked.steps.flatMap(({ plan: { warnings = [] } = {} }) => warnings.map(({ code }) => code))
  expect(codes).toEqual(expect.arrayContaining(['TRAFFIC_CLOSED', 'TRAFFIC_WAS_OPENED']))
  expect(JSON.stringify(asked.steps)).toContain('what was written to late since')
  expect(await reaches(api, 'late', 'ended', back.body.runId)).toMatchObject({ outcome: 'recovered' })
  expect(old.identifier).toBe('late')
  expect(groups()).toEqual(QUARANTINE)
  expect([...next.tags.keys()]).not.toContain('unwind:opened')
})
