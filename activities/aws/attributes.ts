import { createHash } from 'node:crypto'
import type {
  DBInstance,
  ModifyDBInstanceCommandInput,
  RestoreDBInstanceToPointInTimeCommandInput,
} from '@aws-sdk/client-rds'
import { canonical } from '../../model/canonical.ts'

type Restore = Partial<RestoreDBInstanceToPointInTimeCommandInput>
type Modify = Partial<ModifyDBInstanceCommandInput>

/** One setting of an instance that a restore does not carry over by itself, or may not: how it is read and set. */
interface Attribute {
  path: string
  read: (instance: DBInstance) => unknown
  /** The member of the restore call; absent where that has none. */
  restore?: keyof Restore
  modify?: keyof Modify
}

/** After UserGuide, USER_PIT and the inputs of both calls; what stands here is set and then compared. */
const ATTRIBUTES: readonly Attribute[] = [
  { path: 'class', read: (db) => db.DBInstanceClass, restore: 'DBInstanceClass', modify: 'DBInstanceClass' },
  { path: 'subnetGroup', read: (db) => db.DBSubnetGroup?.DBSubnetGroupName, restore: 'DBSubnetGroupName' },
  {
    path: 'parameterGroup',
    read: (db) => db.DBParameterGroups?.[0]?.DBParameterGroupName,
    ...{ restore: 'DBParameterGroupName', modify: 'DBParameterGroupName' },
  },
  {
    path: 'optionGroup',
    read: (db) => db.OptionGroupMemberships?.[0]?.OptionGroupName,
    ...{ restore: 'OptionGroupName', modify: 'OptionGroupName' },
  },
  { path: 'multiAZ', read: (db) => db.MultiAZ ?? false, restore: 'MultiAZ', modify: 'MultiAZ' },
  {
    path: 'publiclyAccessible',
    read: (db) => db.PubliclyAccessible ?? false,
    ...{ restore: 'PubliclyAccessible', modify: 'PubliclyAccessible' },
  },
  {
    path: 'copyTagsToSnapshot',
    read: (db) => db.CopyTagsToSnapshot ?? false,
    ...{ restore: 'CopyTagsToSnapshot', modify: 'CopyTagsToSnapshot' },
  },
  {
    path: 'iamAuthentication',
    read: (db) => db.IAMDatabaseAuthenticationEnabled ?? false,
    ...{ restore: 'EnableIAMDatabaseAuthentication', modify: 'EnableIAMDatabaseAuthentication' },
  },
  {
    path: 'logExports',
    read: (db) => (db.EnabledCloudwatchLogsExports ?? []).toSorted(),
    restore: 'EnableCloudwatchLogsExports',
  },
  { path: 'storageType', read: (db) => db.StorageType, restore: 'StorageType', modify: 'StorageType' },
  { path: 'iops', read: (db) => db.Iops, restore: 'Iops', modify: 'Iops' },
  {
    path: 'maxStorage',
    read: (db) => db.MaxAllocatedStorage,
    ...{ restore: 'MaxAllocatedStorage', modify: 'MaxAllocatedStorage' },
  },
  {
    path: 'minorUpgrades',
    read: (db) => db.AutoMinorVersionUpgrade,
    ...{ restore: 'AutoMinorVersionUpgrade', modify: 'AutoMinorVersionUpgrade' },
  },
  {
    path: 'backupRetention',
    read: (db) => db.BackupRetentionPeriod,
    ...{ restore: 'BackupRetentionPeriod', modify: 'BackupRetentionPeriod' },
  },
  {
    path: 'backupWindow',
    read: (db) => db.PreferredBackupWindow,
    ...{ restore: 'PreferredBackupWindow', modify: 'PreferredBackupWindow' },
  },
  {
    path: 'certificate',
    read: (db) => db.CACertificateIdentifier,
    ...{ restore: 'CACertificateIdentifier', modify: 'CACertificateIdentifier' },
  },
  { path: 'maintenanceWindow', read: (db) => db.PreferredMaintenanceWindow, modify: 'PreferredMaintenanceWindow' },
  { path: 'monitoringInterval', read: (db) => db.MonitoringInterval ?? 0, modify: 'MonitoringInterval' },
  { path: 'monitoringRole', read: (db) => db.MonitoringRoleArn, modify: 'MonitoringRoleArn' },
  {
    path: 'performanceInsights',
    read: (db) => db.PerformanceInsightsEnabled ?? false,
    modify: 'EnablePerformanceInsights',
  },
]

/** What the restore call is given so that the new instance is like its source. */
export function forRestore(source: DBInstance): Restore {
  const given = ATTRIBUTES.flatMap(({ read, restore }) => {
    const value = read(source)
    return restore === undefined || value === undefined ? [] : [[restore, value]]
  })
  return Object.fromEntries(given) as Restore
}

/** Where the candidate differs from its source: shown, and none of it may be left. */
export function differences(source: DBInstance, candidate: DBInstance): string[] {
  return ATTRIBUTES.filter(({ read }) => differ(read(source), read(candidate))).map(({ path }) => path)
}

/** The change that makes the candidate like its source; empty where there is none that a call can make. */
export function completing(source: DBInstance, candidate: DBInstance): Modify {
  const given = ATTRIBUTES.flatMap(({ read, modify }) =>
    modify !== undefined && read(source) !== undefined && differ(read(source), read(candidate))
      ? [[modify, read(source)]]
      : [],
  )
  return Object.fromEntries(given) as Modify
}

/** The settings as one hash: what a plan is bound to. */
export function settingsHash(source: DBInstance): string {
  const values = ATTRIBUTES.map(({ path, read }) => [path, read(source)])
  return createHash('sha256')
    .update(canonical(Object.fromEntries(values)))
    .digest('hex')
    .slice(0, 16)
}

function differ(one: unknown, other: unknown): boolean {
  return canonical(one ?? null) !== canonical(other ?? null)
}
