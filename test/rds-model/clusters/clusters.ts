import { Fault } from '../fault.ts'
import { Instance } from '../instance.ts'
import { DEFAULTS, type Region } from '../model.ts'
import { text, type Value } from '../wire.ts'
import { Cluster } from './cluster.ts'

/** What a cluster gets where the call says nothing (API_RestoreDBClusterToPointInTime: "the default DB security group"). */
export const CLUSTER_DEFAULTS: Value = {
  Engine: 'aurora-postgresql',
  EngineVersion: '15.8',
  EngineMode: 'provisioned',
  MasterUsername: 'postgres',
  DatabaseName: 'shop',
  Port: 5432,
  StorageType: 'aurora',
  DBClusterParameterGroup: 'default.aurora-postgresql15',
  ParameterApplyStatus: 'in-sync',
  DBSubnetGroup: 'default',
  DeletionProtection: false,
  CopyTagsToSnapshot: false,
  IAMDatabaseAuthenticationEnabled: false,
  BackupRetentionPeriod: 7,
  VpcSecurityGroupIds: ['sg-default'],
  EnabledCloudwatchLogsExports: [],
}

/** A cluster that has been there all along, with so many members. */
export function putCluster(
  region: Region,
  identifier: string,
  settings: Value = {},
  tags: Record<string, string> = {},
  members = 2,
): Cluster {
  const created = new Date(region.clock() - 7 * 86_400_000)
  const cluster = new Cluster(identifier, { ...CLUSTER_DEFAULTS, ...settings }, new Map(Object.entries(tags)), created)
  region.clusters.push(cluster)
  for (let number = 0; number < members; number++) join(region, cluster, `${identifier}-m${number}`, {}, created)
  return cluster
}

/** One more member: the first one of a cluster writes, those that follow only read (AuroraUserGuide, Aurora.Overview). */
export function join(region: Region, cluster: Cluster, name: string, given: Value, created: Date): Instance {
  const own = { Engine: cluster.settings['Engine'], PromotionTier: 1, DBClusterIdentifier: cluster.identifier }
  const member = new Instance(name, { ...DEFAULTS, ...own, ...given }, new Map(), created)
  cluster.members.push(member)
  region.instances.push(member)
  return member
}

/** By name, as clients see it; DBClusterNotFoundFault also while it is being renamed. Names are kept in lower case. */
export function clusterNamed(region: Region, identifier: unknown): Cluster {
  const name = text(identifier).toLowerCase()
  const found = region.clusters.find((cluster) => cluster.identifier === name && !cluster.nameless)
  if (!found) throw region.fault('DBClusterNotFoundFault', `DBCluster ${name} not found.`)
  return found
}

/** A new name: 1 to 63 letters, digits or hyphens, a letter first, no hyphen last and no two together (API_ModifyDBCluster). */
export function clusterFree(region: Region, identifier: unknown): string {
  const name = text(identifier).toLowerCase()
  if (!/^[a-z](?!.*--)[a-z0-9-]{0,62}$/.test(name) || name.endsWith('-'))
    throw new Fault('InvalidParameterValue', `The parameter DBClusterIdentifier is not a valid identifier: ${name}`)
  if (region.clusters.some((cluster) => cluster.identifier === name || cluster.becoming === name))
    throw region.fault('DBClusterAlreadyExistsFault', 'DB Cluster already exists')
  return name
}

/** Modified and deleted is what is available (API_ModifyDBCluster, InvalidDBClusterStateFault). */
export function requireClusterAvailable(region: Region, { status, identifier }: Cluster): void {
  if (status === 'available') return
  throw region.fault('InvalidDBClusterStateFault', `DB cluster ${identifier} is not in available state.`)
}
