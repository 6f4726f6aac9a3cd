import type { Instance } from './instance.ts'
import type { Region, Snapshot } from './model.ts'
import type { Value } from './wire.ts'

/** Where the name leads to now: the store of the instance that can be reached under it. */
export function reached(region: Region, name: string): Instance | undefined {
  region.advance()
  const found = region.instances.find(({ identifier, nameless }) => identifier === name && !nameless)
  return found && !AWAY.has(found.status) ? found : undefined
}

/** In these states nothing answers. */
const AWAY = new Set(['creating', 'renaming', 'rebooting', 'deleting'])

/** An instance as DescribeDBInstances shows it. */
export function shown(region: Region, instance: Instance): Value {
  const {
    DBParameterGroupName,
    ParameterApplyStatus,
    DBSubnetGroupName,
    OptionGroupName,
    VpcSecurityGroupIds,
    ...plain
  } = instance.settings
  const { status, identifier } = instance
  const started = status !== 'creating'
  return {
    ...plain,
    DBInstanceIdentifier: identifier,
    DBInstanceStatus: status,
    DbiResourceId: instance.resourceId,
    DBInstanceArn: region.arn('db', identifier),
    InstanceCreateTime: instance.createdAt,
    ...(started && { Endpoint: { Address: `${identifier}.c1model.${region.name}.rds.amazonaws.com`, Port: 5432 } }),
    PendingModifiedValues: instance.pending,
    DBParameterGroups: [{ DBParameterGroupName, ParameterApplyStatus }],
    DBSubnetGroup: { DBSubnetGroupName, VpcId: 'vpc-1' },
    OptionGroupMemberships: [{ OptionGroupName, Status: 'in-sync' }],
    VpcSecurityGroups: (VpcSecurityGroupIds as string[]).map((id) => ({
      VpcSecurityGroupId: id,
      Status: status === 'modifying' ? 'adding' : 'active',
    })),
    TagList: tagList(instance.tags),
    ...(started && latest(region, instance)),
  }
}

/** Absent where automated backups are off (API_DBInstance). */
function latest(region: Region, instance: Instance): Value {
  const at = restorableUntil(region, instance)
  return at ? { LatestRestorableTime: at } : {}
}

/** The last backup of the log, which lags behind (UserGuide, USER_PIT: "every five minutes"). */
export function restorableUntil(region: Region, instance: Instance): Date | undefined {
  if (instance.settings['BackupRetentionPeriod'] === 0) return undefined
  return new Date(Math.max(instance.createdAt.getTime(), region.clock() - region.durations.logs))
}

/** The oldest moment that can be restored to. */
export function restorableFrom(region: Region, instance: Instance): Date {
  const days = Number(instance.settings['BackupRetentionPeriod'])
  return new Date(Math.max(instance.createdAt.getTime(), region.clock() - days * 86_400_000))
}

export function shownSnapshot(region: Region, snapshot: Snapshot): Value {
  const { settings, source } = snapshot
  const ready = region.clock() >= snapshot.readyAt
  return {
    DBSnapshotIdentifier: snapshot.id,
    DBSnapshotArn: region.arn('snapshot', snapshot.id),
    DBInstanceIdentifier: source.identifier,
    DbiResourceId: source.resourceId,
    Status: ready ? 'available' : 'creating',
    PercentProgress: ready ? 100 : 0,
    SnapshotType: 'manual',
    Engine: settings['Engine'],
    EngineVersion: settings['EngineVersion'],
    AllocatedStorage: settings['AllocatedStorage'],
    InstanceCreateTime: source.createdAt,
    ...(ready && { SnapshotCreateTime: snapshot.createdAt }),
    TagList: tagList(snapshot.tags),
  }
}

export function shownClusterSnapshot(region: Region, snapshot: Snapshot): Value {
  const { settings, source } = snapshot
  const ready = region.clock() >= snapshot.readyAt
  return {
    DBClusterSnapshotIdentifier: snapshot.id,
    DBClusterSnapshotArn: region.arn('cluster-snapshot', snapshot.id),
    DBClusterIdentifier: source.identifier,
    DbClusterResourceId: source.resourceId,
    Status: ready ? 'available' : 'creating',
    PercentProgress: ready ? 100 : 0,
    SnapshotType: 'manual',
    Engine: settings['Engine'],
    EngineVersion: settings['EngineVersion'],
    ClusterCreateTime: source.createdAt,
    ...(ready && { SnapshotCreateTime: snapshot.createdAt }),
    TagList: tagList(snapshot.tags),
  }
}

export function tagList(tags: ReadonlyMap<string, string>): Value[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }))
}

export function tagsOf(list: unknown): Map<string, string> {
  return new Map(((list ?? []) as { Key: string; Value?: string }[]).map(({ Key, Value = '' }) => [Key, Value]))
}
