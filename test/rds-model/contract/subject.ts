import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  type DBInstance,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from '@aws-sdk/client-rds'
import { setTimeout as pause } from 'node:timers/promises'
import type { RdsModel } from '../server.ts'

/** Something that says it is RDS, and how a rule gets what it needs there. */
export interface ContractSubject {
  rds: RDSClient
  /** A fresh instance that is available, with these tags; answers what it is called. */
  instance(tags?: Record<string, string>): Promise<string>
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
    close: async () => {},
  }
}

/** moto, in which an instance is available at once. */
export function motoSubject(url: string): ContractSubject {
  const rds = clientOf(url, 'eu-central-1')
  const names = numbered('moto')
  return { rds, free: names, within: 2_000, every: 50, instance: making(rds, names, {}), close: async () => {} }
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

/** Deletes every instance of the account whose name begins so, and needs no other name to be told. */
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
}
