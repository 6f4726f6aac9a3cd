import type {
  DBInstance,
  ModifyDBInstanceCommandInput,
  RestoreDBInstanceToPointInTimeCommandInput,
} from '@aws-sdk/client-rds'
import type { Attribute } from './attribute.ts'

/** After UserGuide, USER_PIT and the inputs of both calls; what stands here is set and then compared. */
export const INSTANCE: readonly Attribute<
  DBInstance,
  RestoreDBInstanceToPointInTimeCommandInput,
  ModifyDBInstanceCommandInput
>[] = [
  { path: 'class', read: (db) => db.DBInstanceClass, make: 'DBInstanceClass', modify: 'DBInstanceClass' },
  { path: 'subnetGroup', read: (db) => db.DBSubnetGroup?.DBSubnetGroupName, make: 'DBSubnetGroupName' },
  {
    path: 'parameterGroup',
    read: (db) => db.DBParameterGroups?.[0]?.DBParameterGroupName,
    ...{ make: 'DBParameterGroupName', modify: 'DBParameterGroupName' },
  },
  {
    path: 'optionGroup',
    read: (db) => db.OptionGroupMemberships?.[0]?.OptionGroupName,
    ...{ make: 'OptionGroupName', modify: 'OptionGroupName' },
  },
  { path: 'multiAZ', read: (db) => db.MultiAZ ?? false, make: 'MultiAZ', modify: 'MultiAZ' },
  {
    path: 'publiclyAccessible',
    read: (db) => db.PubliclyAccessible ?? false,
    ...{ make: 'PubliclyAccessible', modify: 'PubliclyAccessible' },
  },
  {
    path: 'copyTagsToSnapshot',
    read: (db) => db.CopyTagsToSnapshot ?? false,
    ...{ make: 'CopyTagsToSnapshot', modify: 'CopyTagsToSnapshot' },
  },
  {
    path: 'iamAuthentication',
    read: (db) => db.IAMDatabaseAuthenticationEnabled ?? false,
    ...{ make: 'EnableIAMDatabaseAuthentication', modify: 'EnableIAMDatabaseAuthentication' },
  },
  {
    path: 'logExports',
    read: (db) => (db.EnabledCloudwatchLogsExports ?? []).toSorted(),
    make: 'EnableCloudwatchLogsExports',
  },
  { path: 'storageType', read: (db) => db.StorageType, make: 'StorageType', modify: 'StorageType' },
  { path: 'iops', read: (db) => db.Iops, make: 'Iops', modify: 'Iops' },
  { path: 'throughput', read: (db) => db.StorageThroughput, make: 'StorageThroughput', modify: 'StorageThroughput' },
  {
    path: 'dedicatedLogVolume',
    read: (db) => db.DedicatedLogVolume ?? false,
    ...{ make: 'DedicatedLogVolume', modify: 'DedicatedLogVolume' },
  },
  { path: 'port', read: (db) => db.Endpoint?.Port, make: 'Port', modify: 'DBPortNumber' },
  { path: 'networkType', read: (db) => db.NetworkType, make: 'NetworkType', modify: 'NetworkType' },
  { path: 'lifecycle', read: (db) => db.EngineLifecycleSupport, make: 'EngineLifecycleSupport' },
  // AddRoleToDBInstance gives them, one by one.
  { path: 'roles', read: rolesOf },
  {
    path: 'maxStorage',
    read: (db) => db.MaxAllocatedStorage,
    ...{ make: 'MaxAllocatedStorage', modify: 'MaxAllocatedStorage' },
  },
  {
    path: 'minorUpgrades',
    read: (db) => db.AutoMinorVersionUpgrade,
    ...{ make: 'AutoMinorVersionUpgrade', modify: 'AutoMinorVersionUpgrade' },
  },
  {
    path: 'backupRetention',
    read: (db) => db.BackupRetentionPeriod,
    ...{ make: 'BackupRetentionPeriod', modify: 'BackupRetentionPeriod' },
  },
  {
    path: 'backupWindow',
    read: (db) => db.PreferredBackupWindow,
    ...{ make: 'PreferredBackupWindow', modify: 'PreferredBackupWindow' },
  },
  {
    path: 'certificate',
    read: (db) => db.CACertificateIdentifier,
    ...{ make: 'CACertificateIdentifier', modify: 'CACertificateIdentifier' },
  },
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
