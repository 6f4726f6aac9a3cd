import type {
  CreateDBInstanceCommandInput,
  DBCluster,
  DBInstance,
  ModifyDBClusterCommandInput,
  ModifyDBInstanceCommandInput,
  RestoreDBClusterToPointInTimeCommandInput,
} from '@aws-sdk/client-rds'
import type { Attribute } from './attribute.ts'

/** After API_RestoreDBClusterToPointInTime and API_ModifyDBCluster; what stands here is set and then compared. */
export const CLUSTER: readonly Attribute<
  DBCluster,
  RestoreDBClusterToPointInTimeCommandInput,
  ModifyDBClusterCommandInput
>[] = [
  {
    path: 'parameterGroup',
    read: (db) => db.DBClusterParameterGroup,
    ...{ make: 'DBClusterParameterGroupName', modify: 'DBClusterParameterGroupName' },
  },
  { path: 'subnetGroup', read: (db) => db.DBSubnetGroup, make: 'DBSubnetGroupName' },
  { path: 'port', read: (db) => db.Port, make: 'Port', modify: 'Port' },
  { path: 'storageType', read: (db) => db.StorageType, make: 'StorageType', modify: 'StorageType' },
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
  {
    path: 'copyTagsToSnapshot',
    read: (db) => db.CopyTagsToSnapshot ?? false,
    ...{ make: 'CopyTagsToSnapshot', modify: 'CopyTagsToSnapshot' },
  },
  { path: 'roles', read: rolesOf, make: 'AssociatedRoles' },
  { path: 'backtrackWindow', read: (db) => db.BacktrackWindow, make: 'BacktrackWindow' },
  { path: 'serverlessScaling', read: scalingOf, make: 'ServerlessV2ScalingConfiguration' },
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
  { path: 'maintenanceWindow', read: (db) => db.PreferredMaintenanceWindow, modify: 'PreferredMaintenanceWindow' },
]

function rolesOf({ AssociatedRoles = [] }: DBCluster): unknown {
  const roles = AssociatedRoles.map(({ RoleArn, FeatureName }) => ({ RoleArn, ...(FeatureName && { FeatureName }) }))
  return roles.length > 0 ? roles.toSorted((a, b) => String(a.RoleArn).localeCompare(String(b.RoleArn))) : undefined
}

function scalingOf({ ServerlessV2ScalingConfiguration: scaling }: DBCluster): unknown {
  if (!scaling) return undefined
  return { MinCapacity: scaling.MinCapacity, MaxCapacity: scaling.MaxCapacity }
}

/** After API_CreateDBInstance and API_ModifyDBInstance: what a member has of its own beside its cluster. */
export const MEMBER: readonly Attribute<DBInstance, CreateDBInstanceCommandInput, ModifyDBInstanceCommandInput>[] = [
  { path: 'class', read: (db) => db.DBInstanceClass, make: 'DBInstanceClass', modify: 'DBInstanceClass' },
  {
    path: 'parameterGroup',
    read: (db) => db.DBParameterGroups?.[0]?.DBParameterGroupName,
    ...{ make: 'DBParameterGroupName', modify: 'DBParameterGroupName' },
  },
  { path: 'promotionTier', read: (db) => db.PromotionTier, make: 'PromotionTier', modify: 'PromotionTier' },
  {
    path: 'publiclyAccessible',
    read: (db) => db.PubliclyAccessible ?? false,
    ...{ make: 'PubliclyAccessible', modify: 'PubliclyAccessible' },
  },
  {
    path: 'minorUpgrades',
    read: (db) => db.AutoMinorVersionUpgrade,
    ...{ make: 'AutoMinorVersionUpgrade', modify: 'AutoMinorVersionUpgrade' },
  },
  {
    path: 'certificate',
    read: (db) => db.CACertificateIdentifier,
    ...{ make: 'CACertificateIdentifier', modify: 'CACertificateIdentifier' },
  },
  {
    path: 'maintenanceWindow',
    read: (db) => db.PreferredMaintenanceWindow,
    ...{ make: 'PreferredMaintenanceWindow', modify: 'PreferredMaintenanceWindow' },
  },
  {
    path: 'monitoringInterval',
    read: (db) => db.MonitoringInterval ?? 0,
    ...{ make: 'MonitoringInterval', modify: 'MonitoringInterval' },
  },
  {
    path: 'monitoringRole',
    read: (db) => db.MonitoringRoleArn,
    ...{ make: 'MonitoringRoleArn', modify: 'MonitoringRoleArn' },
  },
  {
    path: 'performanceInsights',
    read: (db) => db.PerformanceInsightsEnabled ?? false,
    ...{ make: 'EnablePerformanceInsights', modify: 'EnablePerformanceInsights' },
  },
]
