import { Fault } from '../fault.ts'
import type { Region } from '../model.ts'
import { restorableFrom, restorableUntil, shown, shownClusterSnapshot, tagsOf } from '../views.ts'
import { text, type Value } from '../wire.ts'
import { Cluster } from './cluster.ts'
import { CLUSTER_DEFAULTS, clusterFree, clusterNamed, join, requireClusterAvailable } from './clusters.ts'
import { modifyCluster } from './modify.ts'
import { shownCluster } from './views.ts'

/** What the model can do with clusters of Aurora, by the name of the operation. */
export const CLUSTER_OPERATIONS: Readonly<Record<string, (region: Region, input: Value) => Value>> = {
  DescribeDBClusters: (region, input) => ({
    DBClusters: selected(region, input).map((cluster) => shownCluster(region, cluster)),
  }),
  RestoreDBClusterToPointInTime: restoreCluster,
  CreateDBInstance: createMember,
  ModifyDBCluster: modifyCluster,
  DeleteDBCluster: removeCluster,
  CreateDBClusterSnapshot: createClusterSnapshot,
  DeleteDBClusterSnapshot: (region, { DBClusterSnapshotIdentifier: id }) => {
    const at = region.clusterSnapshots.findIndex((snapshot) => snapshot.id === id)
    const found = region.clusterSnapshots[at]
    if (!found) throw region.fault('DBClusterSnapshotNotFoundFault', `${text(id)} not found.`)
    if (region.clock() < found.readyAt)
      throw region.fault('InvalidDBClusterSnapshotStateFault', 'The snapshot is being made.')
    region.clusterSnapshots.splice(at, 1)
    return { DBClusterSnapshot: shownClusterSnapshot(region, found) }
  },
  DescribeDBClusterSnapshots: (region, { DBClusterSnapshotIdentifier: id, DbClusterResourceId: source }) => {
    const found = region.clusterSnapshots.filter(
      (snapshot) => (!id || snapshot.id === id) && (!source || snapshot.source.resourceId === source),
    )
    if (id && found.length === 0) throw region.fault('DBClusterSnapshotNotFoundFault', `${text(id)} not found.`)
    return { DBClusterSnapshots: found.map((snapshot) => shownClusterSnapshot(region, snapshot)) }
  },
}

function selected(region: Region, { DBClusterIdentifier: name, Filters = [] }: Value): Cluster[] {
  if (name !== undefined) return [clusterNamed(region, name)]
  return (Filters as { Name: string; Values: string[] }[]).reduce((left, { Name, Values }) => {
    if (Name === 'db-cluster-resource-id') return left.filter(({ resourceId }) => Values.includes(resourceId))
    throw new Fault('InvalidParameterValue', `Unrecognized filter name: ${Name}`)
  }, region.clusters)
}

/** Members of the call that are called otherwise where they are read back. */
const CALLED: Readonly<Record<string, string>> = {
  EnableIAMDatabaseAuthentication: 'IAMDatabaseAuthenticationEnabled',
  EnableCloudwatchLogsExports: 'EnabledCloudwatchLogsExports',
  DBClusterParameterGroupName: 'DBClusterParameterGroup',
  DBSubnetGroupName: 'DBSubnetGroup',
}
const NO_SETTING = [
  ...['SourceDBClusterIdentifier', 'SourceDbClusterResourceId', 'DBClusterIdentifier', 'RestoreToTime', 'Tags'],
  ...['UseLatestRestorableTime', 'RestoreType'],
]
const KEPT = ['Engine', 'EngineVersion', 'EngineMode', 'MasterUsername', 'DatabaseName', 'BackupRetentionPeriod']

/** "For Aurora, this operation only restores the DB cluster, not the DB instances" (API_RestoreDBClusterToPointInTime). */
function restoreCluster(region: Region, input: Value): Value {
  const { SourceDBClusterIdentifier: by, SourceDbClusterResourceId: id, RestoreToTime } = input
  if ((by === undefined) === (id === undefined))
    throw new Fault('InvalidParameterCombination', 'Specify exactly one source.')
  const source = region.clusters.find(({ resourceId }) => resourceId === id) ?? clusterNamed(region, by ?? id)
  const name = clusterFree(region, input['DBClusterIdentifier'])
  if ((RestoreToTime !== undefined) === (input['UseLatestRestorableTime'] ?? false))
    throw new Fault('InvalidParameterCombination', 'Specify either RestoreToTime or UseLatestRestorableTime.')
  const [latest, earliest] = [restorableUntil(region, source), restorableFrom(region, source)]
  const at = RestoreToTime instanceof Date ? RestoreToTime : latest
  if (!latest || !at || at > latest || at < earliest)
    throw new Fault('InvalidParameterValue', `The specified time ${at?.toISOString()} is not restorable.`)
  const given = Object.entries(input).filter(([key]) => !NO_SETTING.includes(key))
  const settings = {
    ...CLUSTER_DEFAULTS,
    ...Object.fromEntries(KEPT.map((key) => [key, source.settings[key]])),
    ...Object.fromEntries(given.map(([key, value]) => [CALLED[key] ?? key, value])),
  }
  const tags = input['Tags'] === undefined ? new Map(source.tags) : tagsOf(input['Tags'])
  const cluster = new Cluster(name, settings, tags, new Date(region.clock()))
  cluster.writes++
  region.clusters.push(cluster)
  const { restore, lag, modify } = region.durations
  // available flaps, as with instances: the first backup begins after it was seen for the first time.
  region.pass(cluster, [
    { status: 'creating', lasts: restore },
    { status: 'available', lasts: lag },
    { status: 'backing-up', lasts: modify },
  ])
  return { DBCluster: shownCluster(region, cluster) }
}

/** "Only after the RestoreDBClusterToPointInTime operation has completed and the DB cluster is available" (the same). */
function createMember(region: Region, input: Value): Value {
  const { DBInstanceIdentifier, DBClusterIdentifier, Tags, EnablePerformanceInsights: insights, ...given } = input
  if (DBClusterIdentifier === undefined) throw new Fault('InvalidAction', 'The model makes members of clusters only.')
  const cluster = clusterNamed(region, DBClusterIdentifier)
  requireClusterAvailable(region, cluster)
  const name = region.free(DBInstanceIdentifier)
  if (region.instances.length >= region.quota)
    throw region.fault('InstanceQuotaExceededFault', 'DB Instance quota exceeded')
  const settings = { ...given, ...(insights !== undefined && { PerformanceInsightsEnabled: insights }) }
  const member = join(region, cluster, name, settings, new Date(region.clock()))
  for (const [key, value] of tagsOf(Tags)) member.tags.set(key, value)
  member.writes++
  cluster.writes++
  region.pass(member, [{ status: 'creating', lasts: region.durations.reboot }])
  return { DBInstance: shown(region, member) }
}

/** A cluster is deleted once it has no members but those that are being deleted (AuroraUserGuide, USER_DeleteCluster). */
function removeCluster(region: Region, input: Value): Value {
  const cluster = clusterNamed(region, input['DBClusterIdentifier'])
  if (cluster.deleted) throw region.fault('InvalidDBClusterStateFault', 'The cluster is already being deleted.')
  if (cluster.settings['DeletionProtection'])
    throw new Fault('InvalidParameterCombination', 'Cannot delete protected Cluster, please disable protection.')
  if (cluster.members.some(({ deleted }) => !deleted))
    throw region.fault(
      'InvalidDBClusterStateFault',
      'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
    )
  const final = input['FinalDBSnapshotIdentifier']
  if ((input['SkipFinalSnapshot'] === true) === (final !== undefined))
    throw new Fault('InvalidParameterCombination', 'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot.')
  if (final !== undefined)
    createClusterSnapshot(region, {
      DBClusterIdentifier: cluster.identifier,
      DBClusterSnapshotIdentifier: final,
    })
  cluster.deleted = true
  cluster.writes++
  region.pass(cluster, [
    { status: 'deleting', lasts: region.durations.remove },
    { status: 'deleted', lasts: 0 },
  ])
  return { DBCluster: shownCluster(region, cluster) }
}

/** The cluster must be available (API_CreateDBClusterSnapshot, InvalidDBClusterStateFault). */
function createClusterSnapshot(region: Region, input: Value): Value {
  const source = clusterNamed(region, input['DBClusterIdentifier'])
  const id = text(input['DBClusterSnapshotIdentifier']).toLowerCase()
  if (region.clusterSnapshots.some((snapshot) => snapshot.id === id))
    throw region.fault('DBClusterSnapshotAlreadyExistsFault', `${id} already exists.`)
  requireClusterAvailable(region, source)
  const now = region.clock()
  const { snapshot: lasts } = region.durations
  const taken = {
    ...{ id, source, settings: { ...source.settings }, tags: tagsOf(input['Tags']) },
    ...{ createdAt: new Date(now), readyAt: now + lasts },
  }
  region.clusterSnapshots.push(taken)
  source.writes++
  region.pass(source, [{ status: 'backing-up', lasts }])
  return { DBClusterSnapshot: shownClusterSnapshot(region, taken) }
}
