import { Fault } from '../fault.ts'
import type { Region } from '../model.ts'
import type { Value } from '../wire.ts'
import type { Cluster } from './cluster.ts'
import { clusterFree, clusterNamed, requireClusterAvailable } from './clusters.ts'
import { shownCluster } from './views.ts'

/** Members of the call that are called otherwise where they are read back. */
const CALLED: Readonly<Record<string, string>> = {
  EnableIAMDatabaseAuthentication: 'IAMDatabaseAuthenticationEnabled',
  DBClusterParameterGroupName: 'DBClusterParameterGroup',
}

/** These wait for the maintenance window unless they are applied at once (API_DBCluster, ClusterPendingModifiedValues). */
const WAITS = ['EngineVersion', 'StorageType']

/** Without ApplyImmediately some changes wait, a rename among them (API_ModifyDBCluster). */
export function modifyCluster(region: Region, input: Value): Value {
  const { DBClusterIdentifier, ApplyImmediately = false, NewDBClusterIdentifier: name, ...rest } = input
  const cluster = clusterNamed(region, DBClusterIdentifier)
  requireClusterAvailable(region, cluster)
  if (Object.keys(rest).length === 0 && name === undefined)
    throw new Fault('InvalidParameterCombination', 'No modifications were requested')
  const becoming = name === undefined ? undefined : clusterFree(region, name)
  cluster.writes++
  const waiting = Object.fromEntries(Object.entries(rest).filter(([key]) => WAITS.includes(key)))
  for (const [key, value] of Object.entries(rest)) if (!WAITS.includes(key)) set(cluster, key, value)
  if (!ApplyImmediately) {
    Object.assign(cluster.pending, waiting, becoming !== undefined && { DBClusterIdentifier: becoming })
    return { DBCluster: shownCluster(region, cluster) }
  }
  const { DBClusterIdentifier: queued, ...pending } = cluster.pending
  const settings = { ...pending, ...waiting }
  const next = becoming ?? (queued as string | undefined)
  cluster.pending = {}
  if (next === undefined) changed(region, cluster, settings)
  else rename(region, cluster, next, settings)
  return { DBCluster: shownCluster(region, cluster) }
}

function changed(region: Region, cluster: Cluster, settings: Value): void {
  const { lag, modify: lasts } = region.durations
  const begins = () => {
    for (const [key, value] of Object.entries(settings)) set(cluster, key, value)
  }
  region.pass(cluster, [
    { status: 'available', lasts: lag },
    { status: 'modifying', lasts, begins },
  ])
}

/**
 * The endpoints change with the name, the names of the members do not (AuroraUserGuide, Aurora.Modifying; API_ModifyDBCluster,
 * NewDBClusterIdentifier). As with an instance, the status lags behind the call, and neither name leads to it for a while.
 */
function rename(region: Region, cluster: Cluster, name: string, settings: Value): void {
  const { lag, rename: lasts } = region.durations
  cluster.becoming = name
  const leave = () => {
    cluster.nameless = true
  }
  const arrive = () => {
    cluster.identifier = name
    cluster.becoming = undefined
    cluster.nameless = false
    for (const member of cluster.members) member.settings['DBClusterIdentifier'] = name
    for (const [key, value] of Object.entries(settings)) set(cluster, key, value)
  }
  region.pass(cluster, [
    { status: 'available', lasts: lag },
    { status: 'renaming', lasts, begins: leave },
    { status: 'modifying', lasts: lag, begins: arrive },
  ])
}

/** A new parameter group waits for a reboot of the members (AuroraUserGuide, USER_WorkingWithDBClusterParamGroups). */
function set({ settings }: Cluster, key: string, value: unknown): void {
  const called = CALLED[key] ?? key
  if (called === 'DBClusterParameterGroup' && settings[called] !== value)
    settings['ParameterApplyStatus'] = 'pending-reboot'
  settings[called] = value
}
