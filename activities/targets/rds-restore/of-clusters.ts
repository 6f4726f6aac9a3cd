import { type DBInstance, RestoreDBClusterToPointInTimeCommand } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Warning } from '../../../model/target.ts'
import { completing, differing, forMaking, hashOf, valuesOf } from '../../aws/attributes/attribute.ts'
import { CLUSTER, MEMBER } from '../../aws/attributes/cluster.ts'
import { modifyCluster } from '../../aws/clusters.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import type { Held, SeenCluster } from '../../aws/held.ts'
import { modify } from '../../aws/instances.ts'
import { unsettled } from '../../aws/settled.ts'
import { type Likened, likened, makeMember } from './members.ts'
import { reboot, rebooted } from './of-instances.ts'
import type { Restorer } from './restorer.ts'

type Reach = Pick<CallContext<Aws>, 'connection' | 'signal'>

/** Clusters of Aurora: a restore makes the cluster alone, its members are made afterwards (API_RestoreDBClusterToPointInTime). */
export const clusterRestorer: Restorer = {
  unfit: (source) => unfit(clusterOf(source)),
  window: async (source) => {
    const { EarliestRestorableTime: earliest, LatestRestorableTime: latest } = clusterOf(source).cluster
    return earliest && latest ? { earliest, latest } : undefined
  },
  size: (source) => `a cluster with ${likened(clusterOf(source), '').length} members`,
  warnings: (source) => warnings(clusterOf(source)),
  settings: (source) => {
    const { cluster, members } = clusterOf(source)
    const [writer] = members
    return hashOf([valuesOf(CLUSTER, cluster), writer ? valuesOf(MEMBER, writer) : null])
  },
  differences: (source, candidate) => {
    const [wanted, made] = [clusterOf(source), clusterOf(candidate)]
    const members = likened(wanted, candidate.name).flatMap(({ name, like }) => {
      const found = memberOf(made, name)
      return found ? differing(MEMBER, like, found).map((path) => `${path} of ${name}`) : [`member ${name}`]
    })
    return [...differing(CLUSTER, wanted.cluster, made.cluster), ...members]
  },
  make: async ({ source, name, moment, groups, tags }, { connection, signal }) => {
    const command = new RestoreDBClusterToPointInTimeCommand({
      ...forMaking(CLUSTER, clusterOf(source).cluster),
      ...{ SourceDbClusterResourceId: source.id, DBClusterIdentifier: name, RestoreToTime: moment },
      ...{ VpcSecurityGroupIds: groups, DeletionProtection: false, Tags: tags },
    })
    const what = { action: 'rds:RestoreDBClusterToPointInTime', of: name }
    const send = () => connection.rds.send(command, { abortSignal: signal })
    return !isCode(await ask(what, send, 'DBClusterAlreadyExists'))
  },
  complete,
}

function clusterOf({ seen, name }: Held): SeenCluster {
  if ('cluster' in seen) return seen
  throw new UnwindError('INTERNAL', `${name} is an instance, and was taken for a cluster`)
}

function memberOf({ members }: SeenCluster, name: string): DBInstance | undefined {
  return members.find(({ DBInstanceIdentifier }) => DBInstanceIdentifier === name)
}

/** The cluster first, then the member that writes, then the others, then what none of these calls could set. */
async function complete(
  source: Held | undefined,
  candidate: Held,
  tags: Parameters<Restorer['complete']>[2],
  reach: Reach,
): Promise<Again | undefined> {
  const { connection, signal } = reach
  const { name } = candidate
  const made = clusterOf(candidate)
  const wanted = source ? likened(clusterOf(source), name) : []
  const missing = wanted.find((one) => !memberOf(made, one.name))
  // Members can be made once the cluster is available, and the first of them is the one that writes.
  if (missing) {
    const first = made.members[0]?.DBInstanceStatus ?? 'available'
    const waiting = unsettled(connection, candidate, name, 'parts')
    if (waiting) return waiting
    if (first !== 'available') return { again: connection.poll, doing: `the first member of ${name} is ${first}` }
    return makeMember(made.cluster, missing, tags, reach)
  }
  const waiting = unsettled(connection, candidate, name)
  if (waiting) return waiting
  const change = source ? completing(CLUSTER, clusterOf(source).cluster, made.cluster) : {}
  if (Object.keys(change).length > 0) {
    await modifyCluster(connection, candidate, change, signal)
    return { again: connection.poll, doing: `sets on ${name} what a restore does not carry over` }
  }
  return completeMembers(made, wanted, reach)
}

async function completeMembers(made: SeenCluster, wanted: Likened[], reach: Reach): Promise<Again | undefined> {
  for (const { name, like } of wanted) {
    const found = memberOf(made, name)
    const change = found ? completing(MEMBER, like, found) : {}
    if (!found || Object.keys(change).length === 0) continue
    await modify(reach.connection, found, change, reach.signal)
    return { again: reach.connection.poll, doing: `sets on ${name} what it was not made with` }
  }
  const { DBClusterMembers = [] } = made.cluster
  const waits = DBClusterMembers.find((member) => member.DBClusterParameterGroupStatus === 'pending-reboot')
  if (waits) return reboot(waits.DBInstanceIdentifier ?? '', reach)
  for (const member of made.members) {
    const again = await rebooted(member, reach)
    if (again) return again
  }
  return undefined
}

function unfit({ cluster, members }: SeenCluster): string | undefined {
  const { Engine = '', EngineMode: mode = 'provisioned', GlobalClusterIdentifier: global } = cluster
  if (!Engine.startsWith('aurora')) return `is a Multi-AZ cluster of ${Engine}, not of Aurora; restore it by hand`
  if (mode !== 'provisioned')
    return `has engine mode ${mode}; only provisioned clusters are covered (Serverless v2 is one)`
  if (global) return `belongs to the global database ${global}, which a rename would break; take it out first`
  const { ReplicationSourceIdentifier: of } = cluster
  if (of) return `replicates ${of}; name the cluster that it replicates`
  return members.length === 0 ? 'has no members, so nothing is served from it' : undefined
}

function warnings({ cluster, members }: SeenCluster): Warning[] {
  const { CustomEndpoints: own = [], BacktrackWindow = 0, Engine } = cluster
  const custom = `custom endpoints are not restored: ${own.join(', ')}; make them anew for the new members`
  const backtrack = `${Engine} can be taken back in place, in minutes, within its backtrack window of ${BacktrackWindow} s (BacktrackDBCluster)`
  const scaled = 'readers that auto scaling has added are not made; its policy goes by the name of the cluster'
  return [
    ...(own.length > 0 ? [{ code: 'CUSTOM_ENDPOINTS', message: custom, confirm: true }] : []),
    ...(BacktrackWindow > 0 ? [{ code: 'BACKTRACK_POSSIBLE', message: backtrack }] : []),
    ...(likened({ cluster, members }, '').length < members.length ? [{ code: 'SCALED_READERS', message: scaled }] : []),
  ]
}
