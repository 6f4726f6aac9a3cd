import assert from 'node:assert/strict'
import {
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  ModifyDBClusterCommand,
  RestoreDBClusterToPointInTimeCommand,
  type RestoreDBClusterToPointInTimeCommandInput,
} from '@aws-sdk/client-rds'
import { clusterNamed, clusterSettled, type ContractSubject } from './subject.ts'
import { refused, type Rule } from './rule.ts'

const MODIFY = 'API_ModifyDBCluster'
const RESTORE = 'API_RestoreDBClusterToPointInTime'
const DELETE = 'API_DeleteDBCluster'
const SNAPSHOT = 'API_CreateDBClusterSnapshot'

/** Everything that the steps on clusters of Aurora rely on. */
export const CLUSTER_RULES: readonly Rule[] = [
  { name: 'a cluster that is not there is DBClusterNotFound', source: 'API_DescribeDBClusters', run: notFound },
  { name: 'every cluster has a resource id of its own', source: 'API_DBCluster', run: ownId },
  {
    ...{
      name: 'a rename leaves the resource id and the names of the members; ARN and endpoint follow',
      source: MODIFY,
    },
    run: renamed,
    moto: 'the members are no more of the cluster',
  },
  {
    name: 'a cluster is found by its resource id',
    source: 'API_DescribeDBClusters',
    run: foundById,
    moto: 'knows no such filter',
  },
  {
    name: 'a rename of a cluster that was sent again is DBClusterNotFound',
    source: MODIFY,
    run: renamedAgain,
    moto: 'fails with an error of its own',
  },
  {
    name: 'a name that a cluster has is DBClusterAlreadyExists, and both stay',
    source: MODIFY,
    run: taken,
    moto: 'the other cluster is gone without a word',
  },
  { name: 'the name of a cluster is kept in lower case', source: MODIFY, run: lowerCase },
  { name: 'a restore makes a cluster without members', source: RESTORE, run: bare },
  {
    name: 'the first member that is made is the one that writes',
    source: 'AuroraUserGuide, Aurora.Overview',
    run: writer,
  },
  {
    name: 'what is restored has not the protection of its source cluster',
    source: RESTORE,
    run: defaults,
    moto: 'copies it',
  },
  {
    name: 'a moment outside the window of a cluster is refused',
    source: RESTORE,
    run: outside,
    moto: 'does not look at the moment',
  },
  { name: 'a moment of a cluster and the latest one together are refused', source: RESTORE, run: bothTimes },
  {
    name: 'a restore to a name that a cluster has is DBClusterAlreadyExists',
    source: RESTORE,
    run: restoredOnto,
    moto: 'answers with the code of a snapshot',
  },
  { name: 'a snapshot of a cluster by a name that is taken is refused', source: SNAPSHOT, run: snapshotTwice },
  { name: 'a cluster with deletion protection is not deleted', source: DELETE, run: protectedStays },
  { name: 'a cluster with members is not deleted', source: 'AuroraUserGuide, USER_DeleteCluster', run: membersStay },
  {
    name: 'a deletion of a cluster says what becomes of the last snapshot',
    source: DELETE,
    run: lastSnapshot,
    moto: 'deletes without it',
  },
]

const rename = ({ rds }: ContractSubject, DBClusterIdentifier: string, NewDBClusterIdentifier: string) =>
  rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier, NewDBClusterIdentifier, ApplyImmediately: true }))
const restore = (
  { rds }: ContractSubject,
  from: string,
  to: string,
  more: Partial<RestoreDBClusterToPointInTimeCommandInput> = { UseLatestRestorableTime: true },
) =>
  rds.send(
    new RestoreDBClusterToPointInTimeCommand({ SourceDBClusterIdentifier: from, DBClusterIdentifier: to, ...more }),
  )
const membersOf = ({ DBClusterMembers = [] }: DBCluster) =>
  DBClusterMembers.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier)

async function notFound({ rds, free }: ContractSubject): Promise<void> {
  await refused(rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: free() })), 'DBClusterNotFoundFault')
}

async function ownId(subject: ContractSubject): Promise<void> {
  const [one, other] = [await subject.cluster(), await subject.cluster()]
  const ids = await Promise.all(
    [one, other].map(async (name) => (await clusterNamed(subject.rds, name))?.DbClusterResourceId),
  )
  assert.ok(ids[0] && ids[1] && ids[0] !== ids[1], `both are ${ids[0]}`)
}

async function renamed(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.cluster(), subject.free()]
  const before = await clusterSettled(subject, from)
  await rename(subject, from, to)
  const after = await clusterSettled(subject, to)
  assert.equal(after.DbClusterResourceId, before.DbClusterResourceId)
  assert.equal(after.DBClusterArn, before.DBClusterArn?.replace(from, to))
  assert.deepEqual(membersOf(after), membersOf(before))
  assert.equal(await clusterNamed(subject.rds, from), undefined)
}

async function foundById(subject: ContractSubject): Promise<void> {
  const name = await subject.cluster()
  const id = (await clusterNamed(subject.rds, name))?.DbClusterResourceId ?? ''
  const filter = new DescribeDBClustersCommand({ Filters: [{ Name: 'db-cluster-resource-id', Values: [id] }] })
  const { DBClusters = [] } = await subject.rds.send(filter)
  assert.deepEqual(
    DBClusters.map(({ DBClusterIdentifier }) => DBClusterIdentifier),
    [name],
  )
}

async function renamedAgain(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.cluster(), subject.free()]
  await rename(subject, from, to)
  await clusterSettled(subject, to)
  await refused(rename(subject, from, to), 'DBClusterNotFoundFault')
}

async function taken(subject: ContractSubject): Promise<void> {
  const [one, other] = [await subject.cluster(), await subject.cluster()]
  await refused(rename(subject, one, other), 'DBClusterAlreadyExistsFault')
  assert.ok((await clusterNamed(subject.rds, one)) && (await clusterNamed(subject.rds, other)))
}

async function lowerCase(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.cluster(), subject.free()]
  await rename(subject, from, to.toUpperCase())
  await clusterSettled(subject, to)
}

async function bare(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.cluster(), subject.free()]
  await restore(subject, from, to)
  assert.deepEqual(membersOf(await clusterSettled(subject, to)), [])
}

async function writer(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.cluster(), subject.free()]
  await restore(subject, from, to)
  const { Engine } = await clusterSettled(subject, to)
  const member = { DBClusterIdentifier: to, Engine, DBInstanceClass: 'db.t4g.medium' }
  const command = new CreateDBInstanceCommand({ ...member, DBInstanceIdentifier: `${to}-1` })
  // Available comes and goes: its first backup begins after that.
  await subject.rds.send(command).catch(async (error: Error) => {
    if (error.name !== 'InvalidDBClusterStateFault') throw error
    await clusterSettled(subject, to)
    await subject.rds.send(command)
  })
  const { DBClusterMembers = [] } = await clusterSettled(subject, to)
  assert.deepEqual(
    DBClusterMembers.map(({ DBInstanceIdentifier, IsClusterWriter }) => [DBInstanceIdentifier, IsClusterWriter]),
    [[`${to}-1`, true]],
  )
}

async function defaults(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.cluster(), subject.free()]
  await guard(subject, from)
  await restore(subject, from, to)
  assert.equal((await clusterSettled(subject, to)).DeletionProtection, false)
}

async function outside(subject: ContractSubject): Promise<void> {
  const from = await subject.cluster()
  for (const RestoreToTime of [new Date('2001-01-01T00:00:00Z'), new Date(Date.now() + 86_400_000)])
    await refused(restore(subject, from, subject.free(), { RestoreToTime }), 'InvalidParameterValue')
}

async function bothTimes(subject: ContractSubject): Promise<void> {
  const from = await subject.cluster()
  const more = { UseLatestRestorableTime: true, RestoreToTime: new Date() }
  await refused(restore(subject, from, subject.free(), more), 'InvalidParameterCombination')
}

async function restoredOnto(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.cluster(), await subject.cluster()]
  await refused(restore(subject, from, to), 'DBClusterAlreadyExistsFault')
}

async function snapshotTwice(subject: ContractSubject): Promise<void> {
  const [DBClusterIdentifier, DBClusterSnapshotIdentifier] = [await subject.cluster(), subject.free()]
  const take = () =>
    subject.rds.send(new CreateDBClusterSnapshotCommand({ DBClusterIdentifier, DBClusterSnapshotIdentifier }))
  await take()
  await clusterSettled(subject, DBClusterIdentifier)
  await refused(take(), 'DBClusterSnapshotAlreadyExistsFault')
}

async function guard(subject: ContractSubject, DBClusterIdentifier: string): Promise<void> {
  const change = { DBClusterIdentifier, DeletionProtection: true, ApplyImmediately: true }
  await subject.rds.send(new ModifyDBClusterCommand(change))
  await clusterSettled(subject, DBClusterIdentifier)
}

async function protectedStays(subject: ContractSubject): Promise<void> {
  const DBClusterIdentifier = await subject.cluster()
  await guard(subject, DBClusterIdentifier)
  const command = new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true })
  await refused(subject.rds.send(command), 'InvalidParameterCombination')
}

async function membersStay(subject: ContractSubject): Promise<void> {
  const DBClusterIdentifier = await subject.cluster()
  const command = new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true })
  await refused(subject.rds.send(command), 'InvalidDBClusterStateFault')
}

async function lastSnapshot(subject: ContractSubject): Promise<void> {
  const DBClusterIdentifier = await subject.cluster()
  for (const DBInstanceIdentifier of membersOf(await clusterSettled(subject, DBClusterIdentifier)))
    await subject.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }))
  await refused(subject.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier })), 'InvalidParameterCombination')
}
