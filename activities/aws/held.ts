import type { DBCluster, DBInstance, Tag } from '@aws-sdk/client-rds'

/**
 * A database that AWS keeps: an instance that stands by itself, or a cluster of Aurora with its members. What steps go by
 * is called the same in both; what only one of them has stands in `seen`, as AWS told it.
 */
export interface Held {
  /** Resource id, which stays the same whatever it is called. */
  readonly id: string
  readonly name: string
  readonly status: string
  readonly arn: string
  readonly TagList: Tag[]
  /** Ids of its security groups, sorted. */
  readonly groups: string[]
  /** Deletion protection. */
  readonly guarded: boolean
  /** Host of the endpoint that writes go to; empty while it has none. */
  readonly address: string
  readonly port: number | undefined
  /** What it is made of, each with a state of its own: members of a cluster. */
  readonly parts: { name: string; status: string }[]
  /** What is not over yet, beside its state and its name. */
  readonly open: string[]
  /** What its parts do not make up yet. */
  readonly lacks: string[]
  /** When it was made. */
  readonly since: Date | undefined
  readonly seen: SeenInstance | SeenCluster
}

export interface SeenInstance {
  instance: DBInstance
}

export interface SeenCluster {
  cluster: DBCluster
  /** In the order in which the cluster lists them, the one that writes first. */
  members: DBInstance[]
}

export function heldInstance(instance: DBInstance): Held {
  const { PendingModifiedValues: pending = {}, DBParameterGroups = [] } = instance
  return {
    id: instance.DbiResourceId ?? '',
    name: instance.DBInstanceIdentifier ?? '',
    status: instance.DBInstanceStatus ?? 'unknown',
    arn: instance.DBInstanceArn ?? '',
    TagList: instance.TagList ?? [],
    groups: groupsOf(instance),
    guarded: instance.DeletionProtection ?? false,
    address: (instance.Endpoint?.Address ?? '').toLowerCase(),
    port: instance.Endpoint?.Port,
    parts: [],
    open: [
      ...(Object.keys(pending).length === 0 ? [] : ['has changes pending']),
      ...(DBParameterGroups.some((group) => group.ParameterApplyStatus === 'applying') ? ['applies parameters'] : []),
    ],
    lacks: [],
    since: instance.InstanceCreateTime,
    seen: { instance },
  }
}

export function heldCluster(cluster: DBCluster, members: DBInstance[]): Held {
  const { PendingModifiedValues: pending = {}, DBClusterMembers = [] } = cluster
  return {
    id: cluster.DbClusterResourceId ?? '',
    name: cluster.DBClusterIdentifier ?? '',
    status: cluster.Status ?? 'unknown',
    arn: cluster.DBClusterArn ?? '',
    TagList: cluster.TagList ?? [],
    groups: groupsOf(cluster),
    guarded: cluster.DeletionProtection ?? false,
    address: (cluster.Endpoint ?? '').toLowerCase(),
    port: cluster.Port,
    parts: members.map(({ DBInstanceIdentifier: name = '', DBInstanceStatus: status = 'unknown' }) => ({
      name,
      status,
    })),
    open: Object.keys(pending).length === 0 ? [] : ['has changes pending'],
    lacks: [
      ...(DBClusterMembers.some(({ IsClusterWriter }) => IsClusterWriter) ? [] : ['has no member that writes']),
      ...(DBClusterMembers.length === members.length ? [] : ['has members that are not seen']),
    ],
    since: cluster.ClusterCreateTime,
    seen: { cluster, members },
  }
}

function groupsOf({ VpcSecurityGroups = [] }: Pick<DBInstance, 'VpcSecurityGroups'>): string[] {
  return VpcSecurityGroups.flatMap(({ VpcSecurityGroupId: id }) => id ?? []).toSorted()
}
