import {
  type DBCluster,
  type DBInstance,
  DescribeDBClustersCommand,
  type DescribeDBClustersCommandInput,
  DescribeDBInstancesCommand,
  ModifyDBClusterCommand,
  type ModifyDBClusterCommandInput,
} from '@aws-sdk/client-rds'
import { UnwindError } from '../../model/errors.ts'
import type { Aws } from './connect.ts'
import type { Family, Sent } from './family.ts'
import { ask, isCode } from './faults.ts'
import { type Held, heldCluster } from './held.ts'
import { refuseOtherAccount } from './instances.ts'

/** Clusters of Aurora: data and endpoints belong to the cluster, its instances come and go. */
export const clusters: Family = {
  word: 'cluster',
  byName: (aws, name, signal) => read(aws, name, { DBClusterIdentifier: name }, signal),
  byId: async (aws, id, signal) => {
    const found = await read(aws, id, { Filters: [{ Name: 'db-cluster-resource-id', Values: [id] }] }, signal)
    return found?.id === id ? found : undefined
  },
  required: async (aws, name, signal) => {
    const found = await read(aws, name, { DBClusterIdentifier: name }, signal)
    if (found) return found
    throw new UnwindError(
      'TARGET_NOT_FOUND',
      `there is no database cluster ${name} in ${aws.region} of account ${aws.account}; name one that there is`,
    )
  },
  change: (aws, of, { name, groups, guarded }, signal) => {
    const change = {
      ...(name !== undefined && { NewDBClusterIdentifier: name }),
      ...(groups && { VpcSecurityGroupIds: groups }),
      ...(guarded !== undefined && { DeletionProtection: guarded }),
    }
    return modifyCluster(aws, of, change, signal)
  },
}

async function read(
  aws: Aws,
  of: string,
  input: DescribeDBClustersCommandInput,
  signal: AbortSignal,
): Promise<Held | undefined> {
  const what = { action: 'rds:DescribeDBClusters', of }
  const command = new DescribeDBClustersCommand(input)
  const answer = await ask(what, () => aws.rds.send(command, { abortSignal: signal }), 'DBClusterNotFound')
  const cluster = isCode(answer) ? undefined : answer.DBClusters?.[0]
  if (!cluster) return undefined
  refuseOtherAccount(aws, cluster.DBClusterArn)
  return heldCluster(cluster, await membersOf(aws, cluster, signal))
}

/** By their own names, which a rename of the cluster leaves alone. */
async function membersOf(
  aws: Aws,
  { DBClusterIdentifier: of = '', DBClusterMembers = [] }: DBCluster,
  signal: AbortSignal,
): Promise<DBInstance[]> {
  const listed = DBClusterMembers.toSorted((a, b) => Number(b.IsClusterWriter) - Number(a.IsClusterWriter))
  const names = listed.flatMap(({ DBInstanceIdentifier: name }) => name ?? [])
  if (names.length === 0) return []
  const command = new DescribeDBInstancesCommand({ Filters: [{ Name: 'db-instance-id', Values: names }] })
  const what = { action: 'rds:DescribeDBInstances', of }
  const answer = await ask(what, () => aws.rds.send(command, { abortSignal: signal }), 'DBInstanceNotFound')
  const found = isCode(answer) ? [] : (answer.DBInstances ?? [])
  return names.flatMap((name) => found.find(({ DBInstanceIdentifier }) => DBInstanceIdentifier === name) ?? [])
}

/** Changes settings of a cluster at once; `busy` where AWS does not take it in the state that the cluster is in. */
export async function modifyCluster(
  aws: Aws,
  { id, name: of }: Pick<Held, 'id' | 'name'>,
  change: Omit<ModifyDBClusterCommandInput, 'DBClusterIdentifier' | 'ApplyImmediately'>,
  signal: AbortSignal,
): Promise<Sent> {
  const command = new ModifyDBClusterCommand({ DBClusterIdentifier: of, ApplyImmediately: true, ...change })
  const answer = await ask(
    { action: 'rds:ModifyDBCluster', of },
    () => aws.rds.send(command, { abortSignal: signal }),
    ...(['InvalidDBClusterState', 'InvalidDBInstanceState', 'DBClusterNotFound', 'DBClusterAlreadyExists'] as const),
  )
  aws.looks.delete(id)
  if (!isCode(answer)) return 'sent'
  if (answer.code === 'DBClusterNotFound') return 'gone'
  return answer.code === 'DBClusterAlreadyExists' ? 'taken' : 'busy'
}
