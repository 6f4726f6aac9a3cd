import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Aws } from '../../activities/aws/connect.ts'
import { rdsPromote } from '../../activities/targets/rds-promote/index.ts'
import { rdsRestore } from '../../activities/targets/rds-restore/index.ts'
import type { Target } from '../../model/target.ts'
import type { Cluster } from '../rds-model/clusters/cluster.ts'
import { join, putCluster } from '../rds-model/clusters/clusters.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { openRdsGround, type RdsGround } from './rds-ground.ts'

const [restoring, promoting] = [rdsRestore as unknown as Target, rdsPromote as unknown as Target]
const QUARANTINE = ['sg-quarantine']

let ground: RdsGround
let connection: Aws
beforeAll(async () => {
  ground = await openRdsGround()
  connection = await rdsRestore.connect(ground.credentials(), 'writer')
})
afterAll(() => ground?.close())

const step = (cluster: string) => ({ kind: 'rds-restore', cluster, at: 'latest', quarantine: QUARANTINE })
const region = () => ground.model.region
const made = (of: string) => region().clusters.find(({ identifier }) => identifier.startsWith(`${of}-rb-`)) as Cluster

test('every member of the source is made anew, the one that writes first, and none that auto scaling adds', async () => {
  const source = putCluster(region(), 'shape', { ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 8 } })
  const [writer, reader] = source.members
  Object.assign(writer?.settings ?? {}, { DBInstanceClass: 'db.r6g.2xlarge', PromotionTier: 0, MonitoringInterval: 15 })
  Object.assign(reader?.settings ?? {}, { DBInstanceClass: 'db.r6g.large', PromotionTier: 2 })
  join(region(), source, 'application-autoscaling-5f0c', {}, new Date())
  const context = contextFor(connection)
  const plan = await planOf(restoring, step('shape'), context)
  expect(plan.warnings.map(({ code }) => code)).toContain('SCALED_READERS')
  const state = await applied(restoring, step('shape'), plan, context)
  expect(await verified(restoring, step('shape'), state, context)).toMatchObject({ status: 'pass' })
  const { members, settings, identifier } = made('shape')
  expect(
    members.map(({ identifier: name, settings: of }) => [name, of['DBInstanceClass'], of['PromotionTier']]),
  ).toEqual([
    [`${identifier}-1`, 'db.r6g.2xlarge', 0],
    [`${identifier}-2`, 'db.r6g.large', 2],
  ])
  expect(members[0]?.settings['MonitoringInterval']).toBe(15)
  expect(settings).toMatchObject({ ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 8 } })
  expect(settings['VpcSecurityGroupIds']).toEqual(QUARANTINE)
  expect(state).toMatchObject({
    identifier,
    port: 5432,
    address: expect.stringMatching(/^shape-rb-\w+\.cluster-c1model/),
  })
})

test('readers that come and go change nothing of a plan, and another class of the writer does', async () => {
  const source = putCluster(region(), 'busy')
  const context = contextFor(connection)
  const plan = await planOf(restoring, step('busy'), context)
  join(region(), source, 'application-autoscaling-77aa', {}, new Date())
  expect((await planOf(restoring, step('busy'), context)).from).toEqual(plan.from)
  Object.assign(source.members[0]?.settings ?? {}, { DBInstanceClass: 'db.r6g.8xlarge' })
  expect((await errorOf(() => applied(restoring, step('busy'), plan, context))).code).toBe('PLAN_STALE')
})

test('a member’s name that another instance has is refused, and nothing is made in its place', async () => {
  putCluster(region(), 'taken')
  const context = contextFor(connection)
  const plan = await planOf(restoring, step('taken'), context)
  const name = String(plan.to['candidate']).replace('{run}', context.rollbackId.replaceAll(/[^0-9a-f]/g, '').slice(-10))
  const foreign = region().put(`${name}-1`)
  const error = await errorOf(() => applied(restoring, step('taken'), plan, context))
  expect(error).toMatchObject({ code: 'TARGET_REJECTED' })
  expect(error.message).toContain(`${name}-1 (${foreign.resourceId}) is there already`)
})

test('what a rename or a restore would break is refused in the plan', async () => {
  const refused = async (settings: Record<string, unknown>, members = 2) => {
    const name = `odd-${region().clusters.length}`
    putCluster(region(), name, settings, {}, members)
    const { code, message } = await errorOf(() => planOf(restoring, step(name), contextFor(connection)))
    return `${code}: ${message}`
  }
  expect(await refused({ Engine: 'postgres' })).toMatch(/TARGET_REJECTED: .*Multi-AZ cluster of postgres/)
  expect(await refused({ EngineMode: 'serverless' })).toMatch(/TARGET_REJECTED: .*engine mode serverless/)
  expect(await refused({ GlobalClusterIdentifier: 'world' })).toMatch(/TARGET_REJECTED: .*global database world/)
  expect(await refused({ ReplicationSourceIdentifier: 'other' })).toMatch(/TARGET_REJECTED: .*replicates other/)
  expect(await refused({}, 0)).toMatch(/TARGET_REJECTED: .*no members/)
  const member = { kind: 'rds-restore', instance: 'shape-m0', at: 'latest', quarantine: QUARANTINE }
  expect((await errorOf(() => planOf(restoring, member, contextFor(connection)))).message).toContain('cluster: shape')
  const both = { ...step('shape'), instance: 'shape' }
  expect(restoring.schema.safeParse(both).success).toBe(false)
})

test('promoted and taken back, the cluster has its name again, and what served leaves a last snapshot', async () => {
  const source = putCluster(region(), 'life', { VpcSecurityGroupIds: ['sg-application'], DeletionProtection: true })
  const names = source.members.map(({ identifier }) => identifier)
  const context = contextFor(connection)
  const plan = await planOf(restoring, step('life'), context)
  const state = await applied(restoring, step('life'), plan, context)
  const candidate = String(state['identifier'])
  const swap = { kind: 'rds-promote', cluster: 'life', candidate }
  const move = await planOf(promoting, swap, context)
  const promoted = await applied(promoting, swap, move, context)
  expect(await verified(promoting, swap, promoted, context)).toMatchObject({ status: 'pass' })
  const next = region().clusters.find(({ identifier }) => identifier === 'life')
  expect(next?.resourceId).toBe(state['resourceId'])
  expect(next?.settings).toMatchObject({ VpcSecurityGroupIds: ['sg-application'], DeletionProtection: true })
  expect(source.identifier).toMatch(/^life-old-/)
  expect(source.members.map(({ identifier }) => identifier)).toEqual(names)
  await applied(promoting, swap, { from: promoted, to: move.from }, context)
  await applied(restoring, step('life'), { from: state, to: plan.from }, context)
  region().advance()
  expect(source.identifier).toBe('life')
  expect(region().clusters).not.toContain(next)
  expect(region().instances.filter(({ identifier }) => identifier.startsWith(`${candidate}-`))).toEqual([])
  expect(region().clusterSnapshots.map(({ id }) => id)).toContain(`${candidate}-final`)
  expect(region().violations).toEqual([])
})
