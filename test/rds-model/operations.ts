import { CLUSTER_OPERATIONS } from './clusters/operations.ts'
import { clusterNamed } from './clusters/clusters.ts'
import { Fault } from './fault.ts'
import type { Instance, Stretch } from './instance.ts'
import type { Region } from './model.ts'
import { modify } from './modify.ts'
import { proxiesOf, register } from './proxies.ts'
import { restoreSnapshot, restoreToTime } from './restore.ts'
import { createSnapshot, deleteSnapshot } from './snapshots.ts'
import { restorableFrom, restorableUntil, shown, shownSnapshot, tagList, tagsOf } from './views.ts'
import { text, type Value } from './wire.ts'

type Operation = (region: Region, input: Value) => Value

/** What the model can do, by the name of the operation. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...CLUSTER_OPERATIONS,
  DescribeDBInstances: (region, input) => ({
    DBInstances: selected(region, input).map((instance) => shown(region, instance)),
  }),
  DescribeDBSnapshots: (region, { DBSnapshotIdentifier: id, DbiResourceId: source }) => {
    const found = region.snapshots.filter(
      (snapshot) => (!id || snapshot.id === id) && (!source || snapshot.source.resourceId === source),
    )
    if (id && found.length === 0) throw region.fault('DBSnapshotNotFoundFault', `DBSnapshot ${text(id)} not found.`)
    return { DBSnapshots: found.map((snapshot) => shownSnapshot(region, snapshot)) }
  },
  DescribeDBInstanceAutomatedBackups: (region, { DbiResourceId }) => ({
    DBInstanceAutomatedBackups: region.instances
      .filter((instance) => instance.resourceId === DbiResourceId && restorableUntil(region, instance))
      .map((instance) => ({
        DbiResourceId: instance.resourceId,
        DBInstanceIdentifier: instance.identifier,
        Status: 'active',
        RestoreWindow: {
          EarliestTime: restorableFrom(region, instance),
          LatestTime: restorableUntil(region, instance),
        },
      })),
  }),
  DescribeAccountAttributes: (region) => ({
    AccountQuotas: [
      { AccountQuotaName: 'DBInstances', Used: region.instances.length, Max: region.quota },
      { AccountQuotaName: 'ManualSnapshots', Used: region.snapshots.length, Max: region.snapshotQuota },
    ],
  }),
  AddTagsToResource: (region, { ResourceName, Tags }) => {
    const tagged = byArn(region, text(ResourceName))
    for (const [key, value] of tagsOf(Tags)) tagged.tags.set(key, value)
    if ('writes' in tagged) tagged.writes++
    return {}
  },
  RemoveTagsFromResource: (region, { ResourceName, TagKeys }) => {
    const tagged = byArn(region, text(ResourceName))
    for (const key of TagKeys as string[]) tagged.tags.delete(key)
    if ('writes' in tagged) tagged.writes++
    return {}
  },
  CreateDBSnapshot: createSnapshot,
  DeleteDBSnapshot: deleteSnapshot,
  RestoreDBInstanceToPointInTime: restoreToTime,
  RestoreDBInstanceFromDBSnapshot: restoreSnapshot,
  ModifyDBInstance: modify,
  AddRoleToDBInstance: addRole,
  RebootDBInstance: reboot,
  DeleteDBInstance: remove,
  ListTagsForResource: (region, { ResourceName }) => ({ TagList: tagList(byArn(region, text(ResourceName)).tags) }),
  DescribeDBProxies: (region, { DBProxyName }) => proxiesOf(region, DBProxyName),
  DescribeDBProxyTargets: (region, { DBProxyName }) => register(region, text(DBProxyName), 'describe', []),
  RegisterDBProxyTargets: (region, { DBProxyName, DBInstanceIdentifiers: ids = [] }) =>
    register(region, text(DBProxyName), 'register', ids as string[]),
  DeregisterDBProxyTargets: (region, { DBProxyName, DBInstanceIdentifiers: ids = [] }) =>
    register(region, text(DBProxyName), 'deregister', ids as string[]),
}

function selected(region: Region, { DBInstanceIdentifier: name, Filters = [] }: Value): Instance[] {
  if (name !== undefined) return [region.named(name)]
  return (Filters as { Name: string; Values: string[] }[]).reduce((left, { Name, Values }) => {
    if (Name === 'dbi-resource-id') return left.filter(({ resourceId }) => Values.includes(resourceId))
    if (Name === 'db-instance-id')
      return left.filter(({ identifier, nameless }) => !nameless && Values.includes(identifier))
    throw new Fault('InvalidParameterValue', `Unrecognized filter name: ${Name}`)
  }, region.instances)
}

function byArn(region: Region, arn: string): { tags: Map<string, string>; writes?: number } {
  const name = arn.split(':').at(-1) ?? ''
  if (arn === region.arn('db', name)) return region.named(name)
  if (arn === region.arn('cluster', name)) return clusterNamed(region, name)
  if (arn === region.arn('db-proxy', name)) return { tags: region.proxyTags.get(name) ?? new Map<string, string>() }
  const found =
    region.snapshots.find(({ id }) => arn === region.arn('snapshot', id)) ??
    region.clusterSnapshots.find(({ id }) => arn === region.arn('cluster-snapshot', id))
  if (!found) throw region.fault('DBSnapshotNotFoundFault', `${arn} not found.`)
  return found
}

/** One role for each feature of the engine (API_AddRoleToDBInstance, DBInstanceRoleAlreadyExistsFault). */
function addRole(region: Region, { DBInstanceIdentifier, RoleArn, FeatureName }: Value): Value {
  const instance = region.named(DBInstanceIdentifier)
  region.requireAvailable(instance)
  const roles = (instance.settings['AssociatedRoles'] ?? []) as Value[]
  if (roles.some((role) => role['FeatureName'] === FeatureName))
    throw region.fault('DBInstanceRoleAlreadyExistsFault', `${text(FeatureName)} has a role already.`)
  instance.settings['AssociatedRoles'] = [...roles, { RoleArn, FeatureName, Status: 'ACTIVE' }]
  instance.writes++
  return {}
}

/** What waits for a reboot is applied by it (UserGuide, USER_RebootInstance). */
function reboot(region: Region, { DBInstanceIdentifier }: Value): Value {
  const instance = region.named(DBInstanceIdentifier)
  region.requireAvailable(instance)
  instance.writes++
  instance.settings['ParameterApplyStatus'] = 'in-sync'
  region.pass(instance, [{ status: 'rebooting', lasts: region.durations.reboot }])
  return { DBInstance: shown(region, instance) }
}

/**
 * Refused with deletion protection, and without a word about the final snapshot; the automated backups go with it unless
 * the call says otherwise (API_DeleteDBInstance).
 */
function remove(region: Region, input: Value): Value {
  const instance = region.named(input['DBInstanceIdentifier'])
  if (instance.deleted)
    throw region.fault('InvalidDBInstanceStateFault', `Instance ${instance.identifier} is already being deleted.`)
  if (instance.settings['DeletionProtection'])
    throw new Fault('InvalidParameterCombination', 'Cannot delete protected DB Instance, please disable protection.')
  const final = input['FinalDBSnapshotIdentifier']
  // The last snapshot of a member is one of its cluster (API_DeleteDBInstance).
  if (final !== undefined && instance.settings['DBClusterIdentifier'] !== undefined)
    throw new Fault(
      'InvalidParameterCombination',
      'FinalDBSnapshotIdentifier can not be specified for a cluster member.',
    )
  if ((input['SkipFinalSnapshot'] === true) === (final !== undefined))
    throw new Fault('InvalidParameterCombination', 'FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot.')
  if (final !== undefined)
    createSnapshot(region, { DBInstanceIdentifier: instance.identifier, DBSnapshotIdentifier: final })
  instance.deleted = true
  instance.writes++
  const gone: Stretch = { status: 'deleted', lasts: 0, begins: () => void instance.store?.stop() }
  region.pass(instance, [{ status: 'deleting', lasts: region.durations.remove }, gone])
  return { DBInstance: shown(region, instance) }
}
