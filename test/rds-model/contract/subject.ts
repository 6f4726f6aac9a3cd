import {
  AddTagsToResourceCommand,
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  type DBCluster,
  type DBInstance,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from '@aws-sdk/client-rds'
import { setTimeout as pause } from 'node:timers/promises'
import { putCluster } from '../clusters/clusters.ts'
import type { RdsModel } from '../server.ts'

/** Something that says it is RDS, and how a rule gets what it needs there. */
export interface ContractSubject {
  rds: RDSClient
  /** A fresh instance that is available, with these tags; answers what it is called. */
  instance(tags?: Record<string, string>): Promise<string>
  /** A fresh cluster of Aurora with one member; answers what it is called. */
  cluster(): Promise<string>
  /** A name that nothing has. */
  free(): string
  /** How long something may take, and how often it is looked at; milliseconds. */
  within: number
  every: number
  /** Takes away everything that was made. */
  close(): Promise<void>
}

const clientOf = (endpoint: string, region: string) =>
  new RDSClient({
    ...{ endpoint, region, maxAttempts: 1 },
    credentials: { accessKeyId: 'AKIACONTRACT00000000', secretAccessKey: 'not-a-secret' },
  })

/** The model, in which an instance has been there all along. */
export function modelSubject({ url, region }: RdsModel): ContractSubject {
  const names = numbered('model')
  return {
    ...{ rds: clientOf(url, region.name), free: names, within: 10_000, every: 10 },
    instance: async (tags) => region.put(names(), {}, tags).identifier,
    cluster: async () => putCluster(region, names(), {}, {}, 1).identifier,
    close: async () => {},
  }
}

/** moto, in which an instance is available at once. */
export function motoSubject(url: string): ContractSubject {
  const rds = clientOf(url, 'eu-central-1')
  const names = numbered('moto')
  const made = { instance: making(rds, names, {}), cluster: makingClusters(rds, names, {}) }
  return { rds, free: names, within: 2_000, every: 50, ...made, close: async () => {} }
}

/**
 * A real account, which pays for it: instances of the smallest class, deleted at the end. `UNWIND_CONTRACT_REGION` says
 * where; credentials are those of the SDK's own chain; `UNWIND_CONTRACT_SUBNET_GROUP` names a subnet group where the
 * default one is not there. Undefined without a region.
 */
export function accountSubject(env: NodeJS.ProcessEnv): ContractSubject | undefined {
  const region = env['UNWIND_CONTRACT_REGION']
  if (!region) return undefined
  const rds = new RDSClient({ region })
  const names = numbered(`unwind-contract-${Date.now().toString(36)}`)
  const group = env['UNWIND_CONTRACT_SUBNET_GROUP']
  const subject: ContractSubject = {
    ...{ rds, free: names, within: 45 * 60_000, every: 20_000 },
    instance: async (tags) => {
      const name = await making(rds, names, group ? { DBSubnetGroupName: group } : {})(tags)
      await settled(subject, name)
      return name
    },
    cluster: async () => {
      const name = await makingClusters(rds, names, group ? { DBSubnetGroupName: group } : {})()
      await clusterSettled(subject, name)
      return name
    },
    close: () => sweep(rds, names('')),
  }
  return subject
}

function numbered(prefix: string): (part?: string) => string {
  let count = 0
  return (part) => (part === undefined ? `${prefix}-${++count}` : `${prefix}-${part}`)
}

function making(rds: RDSClient, names: () => string, more: object): ContractSubject['instance'] {
  return async (tags = {}) => {
    const name = names()
    await rds.send(
      new CreateDBInstanceCommand({
        ...{ DBInstanceIdentifier: name, DBInstanceClass: 'db.t4g.micro', Engine: 'postgres', AllocatedStorage: 20 },
        ...{ MasterUsername: 'contract', MasterUserPassword: `Pw${Math.random().toString(36).slice(2)}x9` },
        ...{ BackupRetentionPeriod: 1, PubliclyAccessible: false, ...more },
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    )
    return name
  }
}

function makingClusters(rds: RDSClient, names: () => string, more: object): ContractSubject['cluster'] {
  return async () => {
    const name = names()
    const Engine = 'aurora-postgresql'
    await rds.send(
      new CreateDBClusterCommand({
        ...{ DBClusterIdentifier: name, Engine, MasterUsername: 'contract', BackupRetentionPeriod: 1, ...more },
        MasterUserPassword: `Pw${Math.random().toString(36).slice(2)}x9`,
      }),
    )
    const member = { DBClusterIdentifier: name, DBInstanceIdentifier: `${name}-1`, Engine }
    await rds.send(new CreateDBInstanceCommand({ ...member, DBInstanceClass: 'db.t4g.medium' }))
    return name
  }
}

/** The cluster of that name, once it and all its members are available. Rejects when that takes too long. */
export async function clusterSettled({ rds, within, every }: ContractSubject, name: string): Promise<DBCluster> {
  const deadline = Date.now() + within
  for (;;) {
    const found = await clusterNamed(rds, name)
    const names = (found?.DBClusterMembers ?? []).map(({ DBInstanceIdentifier = '' }) => DBInstanceIdentifier)
    const members = await Promise.all(names.map((member) => named(rds, member)))
    const ready = members.every((member) => member?.DBInstanceStatus === 'available')
    if (found?.Status === 'available' && ready && found.Endpoint?.startsWith(`${name}.`)) return found
    if (Date.now() > deadline) throw new Error(`${name} is ${found?.Status ?? 'not there'} after ${within} ms`)
    await pause(every)
  }
}

/** The cluster of that name; undefined where none is. */
export async function clusterNamed(rds: RDSClient, name: string): Promise<DBCluster | undefined> {
  const answer = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: name })).catch((error: Error) => {
    if (error.name === 'DBClusterNotFoundFault') return undefined
    throw error
  })
  return answer?.DBClusters?.[0]
}

/** The instance of that name, once it is available with nothing pending. Rejects when that takes too long. */
export async function settled({ rds, within, every }: ContractSubject, name: string): Promise<DBInstance> {
  const deadline = Date.now() + within
  for (;;) {
    const found = await named(rds, name)
    const pending = Object.keys(found?.PendingModifiedValues ?? {}).length
    if (found?.DBInstanceStatus === 'available' && pending === 0 && found.Endpoint?.Address?.startsWith(`${name}.`))
      return found
    if (Date.now() > deadline)
      throw new Error(`${name} is ${found?.DBInstanceStatus ?? 'not there'} after ${within} ms`)
    await pause(every)
  }
}

/** The instance of that name; undefined where none is. */
export async function named(rds: RDSClient, name: string): Promise<DBInstance | undefined> {
  const answer = await rds
    .send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: name }))
    .catch((error: Error) => {
      if (error.name === 'DBInstanceNotFoundFault') return undefined
      throw error
    })
  return answer?.DBInstances?.[0]
}

/** Deletes every instance and cluster of the account whose name begins so, and needs no other name to be told. */
async function sweep(rds: RDSClient, prefix: string): Promise<void> {
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ MaxRecords: 100 }))
  for (const { DBInstanceIdentifier: name = '', DBInstanceArn: arn, DeletionProtection } of DBInstances) {
    if (!name.startsWith(prefix)) continue
    await rds.send(
      new AddTagsToResourceCommand({ ResourceName: arn, Tags: [{ Key: 'unwind:contract', Value: 'over' }] }),
    )
    if (DeletionProtection)
      await rds.send(
        new ModifyDBInstanceCommand({ DBInstanceIdentifier: name, DeletionProtection: false, ApplyImmediately: true }),
      )
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: name, SkipFinalSnapshot: true }))
  }
  const { DBClusters = [] } = await rds.send(new DescribeDBClustersCommand({ MaxRecords: 100 }))
  for (const { DBClusterIdentifier: name = '', DeletionProtection } of DBClusters) {
    if (!name.startsWith(prefix)) continue
    const unprotected = { DBClusterIdentifier: name, DeletionProtection: false, ApplyImmediately: true }
    if (DeletionProtection) await rds.send(new ModifyDBClusterCommand(unprotected))
    await rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: name, SkipFinalSnapshot: true }))
  }
}
