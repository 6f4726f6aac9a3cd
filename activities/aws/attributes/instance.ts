import type {
  DBInstance,
  ModifyDBInstanceCommandInput,
  RestoreDBInstanceToPointInTimeCommandInput,
} from '@aws-sdk/client-rds'
import { type Attribute, both } from './attribute.ts'

/** After UserGuide, USER_PIT and the inputs of both calls; what stands here is set and then compared. */
export const INSTANCE: readonly Attribute<
  DBInstance,
  RestoreDBInstanceToPointInTimeCommandInput,
  ModifyDBInstanceCommandInput
>[] = [
  both('class', 'DBInstanceClass', (db) => db.DBInstanceClass),
  { path: 'subnetGroup', read: (db) => db.DBSubnetGroup?.DBSubnetGroupName, make: 'DBSubnetGroupName' },
  both('parameterGroup', 'DBParameterGroupName', (db) => db.DBParameterGroups?.[0]?.DBParameterGroupName),
  both('optionGroup', 'OptionGroupName', (db) => db.OptionGroupMemberships?.[0]?.OptionGroupName),
  both('multiAZ', 'MultiAZ', (db) => db.MultiAZ ?? false),
  both('publiclyAccessible', 'PubliclyAccessible', (db) => db.PubliclyAccessible ?? false),
  both('copyTagsToSnapshot', 'CopyTagsToSnapshot', (db) => db.CopyTagsToSnapshot ?? false),
  both('iamAuthentication', 'EnableIAMDatabaseAuthentication', (db) => db.IAMDatabaseAuthenticationEnabled ?? false),
  {
    path: 'logExports',
    read: (db) => (db.EnabledCloudwatchLogsExports ?? []).toSorted(),
    make: 'EnableCloudwatchLogsExports',
  },
  both('storageType', 'StorageType', (db) => db.StorageType),
  both('iops', 'Iops', (db) => db.Iops),
  both('throughput', 'StorageThroughput', (db) => db.StorageThroughput),
  both('dedicatedLogVolume', 'DedicatedLogVolume', (db) => db.DedicatedLogVolume ?? false),
  { path: 'port', read: (db) => db.Endpoint?.Port, make: 'Port', modify: 'DBPortNumber' },
  both('networkType', 'NetworkType', (db) => db.NetworkType),
  { path: 'lifecycle', read: (db) => db.EngineLifecycleSupport, make: 'EngineLifecycleSupport' },
  // AddRoleToDBInstance gives them, one by one.
  { path: 'roles', read: rolesOf },
  both('maxStorage', 'MaxAllocatedStorage', (db) => db.MaxAllocatedStorage),
  both('minorUpgrades', 'AutoMinorVersionUpgrade', (db) => db.AutoMinorVersionUpgrade),
  both('backupRetention', 'BackupRetentionPeriod', (db) => db.BackupRetentionPeriod),
  both('backupWindow', 'PreferredBackupWindow', (db) => db.PreferredBackupWindow),
  both('certificate', 'CACertificateIdentifier', (db) => db.CACertificateIdentifier),
  { path: 'maintenanceWindow', read: (db) => db.PreferredMaintenanceWindow, modify: 'PreferredMaintenanceWindow' },
  { path: 'monitoringInterval', read: (db) => db.MonitoringInterval ?? 0, modify: 'MonitoringInterval' },
  { path: 'monitoringRole', read: (db) => db.MonitoringRoleArn, modify: 'MonitoringRoleArn' },
  {
    path: 'performanceInsights',
    read: (db) => db.PerformanceInsightsEnabled ?? false,
    modify: 'EnablePerformanceInsights',
  },
  {
    path: 'insightsRetention',
    read: (db) => db.PerformanceInsightsRetentionPeriod,
    modify: 'PerformanceInsightsRetentionPeriod',
  },
  { path: 'databaseInsights', read: (db) => db.DatabaseInsightsMode, modify: 'DatabaseInsightsMode' },
]

/** By which a database reaches other services, such as S3: without their state. */
export function rolesOf({ AssociatedRoles = [] }: DBInstance): { RoleArn: string; FeatureName: string }[] {
  return AssociatedRoles.map(({ RoleArn = '', FeatureName = '' }) => ({ RoleArn, FeatureName })).toSorted((a, b) =>
    `${a.FeatureName} ${a.RoleArn}` < `${b.FeatureName} ${b.RoleArn}` ? -1 : 1,
  )
}
