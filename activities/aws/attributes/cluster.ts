import type {
  CreateDBInstanceCommandInput,
  DBCluster,
  DBInstance,
  ModifyDBClusterCommandInput,
  ModifyDBInstanceCommandInput,
  RestoreDBClusterToPointInTimeCommandInput,
} from '@aws-sdk/client-rds'
import { type Attribute, both } from './attribute.ts'

/** After API_RestoreDBClusterToPointInTime and API_ModifyDBCluster; what stands here is set and then compared. */
export const CLUSTER: readonly Attribute<
  DBCluster,
  RestoreDBClusterToPointInTimeCommandInput,
  ModifyDBClusterCommandInput
>[] = [
  both('parameterGroup', 'DBClusterParameterGroupName', (db) => db.DBClusterParameterGroup),
  { path: 'subnetGroup', read: (db) => db.DBSubnetGroup, make: 'DBSubnetGroupName' },
  both('port', 'Port', (db) => db.Port),
  both('storageType', 'StorageType', (db) => db.StorageType),
  both('iamAuthentication', 'EnableIAMDatabaseAuthentication', (db) => db.IAMDatabaseAuthenticationEnabled ?? false),
  {
    path: 'logExports',
    read: (db) => (db.EnabledCloudwatchLogsExports ?? []).toSorted(),
    make: 'EnableCloudwatchLogsExports',
  },
  both('copyTagsToSnapshot', 'CopyTagsToSnapshot', (db) => db.CopyTagsToSnapshot ?? false),
  { path: 'roles', read: rolesOf, make: 'AssociatedRoles' },
  { path: 'backtrackWindow', read: (db) => db.BacktrackWindow, make: 'BacktrackWindow' },
  { path: 'serverlessScaling', read: scalingOf, make: 'ServerlessV2ScalingConfiguration' },
  both('backupRetention', 'BackupRetentionPeriod', (db) => db.BackupRetentionPeriod),
  both('backupWindow', 'PreferredBackupWindow', (db) => db.PreferredBackupWindow),
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
  both('class', 'DBInstanceClass', (db) => db.DBInstanceClass),
  both('parameterGroup', 'DBParameterGroupName', (db) => db.DBParameterGroups?.[0]?.DBParameterGroupName),
  both('promotionTier', 'PromotionTier', (db) => db.PromotionTier),
  both('publiclyAccessible', 'PubliclyAccessible', (db) => db.PubliclyAccessible ?? false),
  both('minorUpgrades', 'AutoMinorVersionUpgrade', (db) => db.AutoMinorVersionUpgrade),
  both('certificate', 'CACertificateIdentifier', (db) => db.CACertificateIdentifier),
  both('maintenanceWindow', 'PreferredMaintenanceWindow', (db) => db.PreferredMaintenanceWindow),
  both('monitoringInterval', 'MonitoringInterval', (db) => db.MonitoringInterval ?? 0),
  both('monitoringRole', 'MonitoringRoleArn', (db) => db.MonitoringRoleArn),
  both('performanceInsights', 'EnablePerformanceInsights', (db) => db.PerformanceInsightsEnabled ?? false),
]
