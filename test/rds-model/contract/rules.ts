import assert from 'node:assert/strict'
import {
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RestoreDBInstanceToPointInTimeCommand,
  type RestoreDBInstanceToPointInTimeCommandInput,
} from '@aws-sdk/client-rds'
import { refused, type Rule } from './rule.ts'
import { type ContractSubject, named, settled } from './subject.ts'

const MODIFY = 'API_ModifyDBInstance'
const RENAME = 'UserGuide, USER_RenameInstance'
const PIT = 'UserGuide, USER_PIT'
const RESTORE = 'API_RestoreDBInstanceToPointInTime'
const DELETE = 'API_DeleteDBInstance'
const SNAPSHOT = 'API_CreateDBSnapshot'

/** Everything that the steps on RDS rely on. */
export const RULES: readonly Rule[] = [
  { name: 'what is not there is DBInstanceNotFound', source: 'API_DescribeDBInstances', run: notFound },
  { name: 'every instance has a resource id of its own', source: 'API_DBInstance', run: ownId, moto: 'one id for all' },
  { name: 'a rename leaves the resource id, and the ARN and the endpoint follow', source: RENAME, run: renamed },
  { name: 'a rename is found by resource id all along', source: RENAME, run: foundById, moto: 'one id for all' },
  { name: 'a rename that was sent again is DBInstanceNotFound', source: RENAME, run: renamedAgain },
  {
    ...{ name: 'a name that is taken is DBInstanceAlreadyExists, and both stay', source: MODIFY, run: taken },
    moto: 'the other instance is gone without a word',
  },
  {
    ...{ name: 'right after a rename was asked for, the new name is not there yet', source: RENAME, run: notAtOnce },
    moto: 'renames at once',
  },
  {
    ...{ name: 'names have no two hyphens together and none at the end', source: MODIFY, run: badName },
    moto: 'takes any name',
  },
  { name: 'a name is kept in lower case', source: MODIFY, run: lowerCase },
  {
    ...{ name: 'a change without ApplyImmediately waits', source: MODIFY, run: pending },
    moto: 'applies it at once',
  },
  { name: 'tags go with the instance when it is renamed', source: RENAME, run: tagsGo },
  { name: 'a snapshot of a name that is taken is DBSnapshotAlreadyExists', source: SNAPSHOT, run: snapshotTwice },
  {
    ...{ name: 'while a snapshot is made another one is InvalidDBInstanceState', source: SNAPSHOT, run: busy },
    moto: 'is done at once',
  },
  { name: 'a restore to a name that is taken is DBInstanceAlreadyExists', source: RESTORE, run: restoredOnto },
  {
    ...{ name: 'a moment outside the window is refused', source: PIT, run: outside },
    moto: 'does not look at the moment',
  },
  {
    ...{
      name: 'a moment and the latest one together are InvalidParameterCombination',
      source: RESTORE,
      run: bothTimes,
    },
    moto: 'does not look at the moment',
  },
  {
    ...{ name: 'what is restored has not the protection of its source', source: PIT, run: defaults },
    moto: 'copies it',
  },
  { name: 'what is restored has the tags of its source where none are given', source: RESTORE, run: tagsCopied },
  { name: 'tags that are given take the place of all of the source’s', source: RESTORE, run: tagsReplaced },
  { name: 'an instance with deletion protection is not deleted', source: DELETE, run: protectedStays },
  {
    ...{ name: 'a deletion says what becomes of the last snapshot', source: DELETE, run: lastSnapshot },
    moto: 'deletes without it',
  },
]

const modify = ({ rds }: ContractSubject, DBInstanceIdentifier: string, change: object) =>
  rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ApplyImmediately: true, ...change }))
const rename = (subject: ContractSubject, from: string, to: string) =>
  modify(subject, from, { NewDBInstanceIdentifier: to })
const snapshot = ({ rds }: ContractSubject, DBInstanceIdentifier: string, DBSnapshotIdentifier: string) =>
  rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }))
const restore = (
  { rds }: ContractSubject,
  from: string,
  to: string,
  more: Partial<RestoreDBInstanceToPointInTimeCommandInput> = { UseLatestRestorableTime: true },
) =>
  rds.send(
    new RestoreDBInstanceToPointInTimeCommand({
      ...{ SourceDBInstanceIdentifier: from, TargetDBInstanceIdentifier: to },
      ...more,
    }),
  )

async function notFound({ rds, free }: ContractSubject): Promise<void> {
  await refused(rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: free() })), 'DBInstanceNotFound')
}

async function ownId(subject: ContractSubject): Promise<void> {
  const [one, other] = [await subject.instance(), await subject.instance()]
  const ids = await Promise.all([one, other].map(async (name) => (await named(subject.rds, name))?.DbiResourceId))
  assert.ok(ids[0] && ids[1] && ids[0] !== ids[1], `both are ${ids[0]}`)
}

async function renamed(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance(), subject.free()]
  const before = await named(subject.rds, from)
  await rename(subject, from, to)
  const after = await settled(subject, to)
  assert.equal(after.DbiResourceId, before?.DbiResourceId)
  assert.equal(after.DBInstanceArn, before?.DBInstanceArn?.replace(from, to))
  assert.equal(await named(subject.rds, from), undefined)
}

async function foundById(subject: ContractSubject): Promise<void> {
  const [, from, to] = [await subject.instance(), await subject.instance(), subject.free()]
  const id = (await named(subject.rds, from))?.DbiResourceId ?? ''
  await rename(subject, from, to)
  const filter = new DescribeDBInstancesCommand({ Filters: [{ Name: 'dbi-resource-id', Values: [id] }] })
  const { DBInstances = [] } = await subject.rds.send(filter)
  assert.deepEqual(
    DBInstances.map(({ DbiResourceId }) => DbiResourceId),
    [id],
  )
  await settled(subject, to)
}

async function renamedAgain(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance(), subject.free()]
  await rename(subject, from, to)
  await settled(subject, to)
  await refused(rename(subject, from, to), 'DBInstanceNotFound')
}

async function taken(subject: ContractSubject): Promise<void> {
  const [one, other] = [await subject.instance(), await subject.instance()]
  await refused(rename(subject, one, other), 'DBInstanceAlreadyExists')
  assert.ok((await named(subject.rds, one)) && (await named(subject.rds, other)))
}

async function notAtOnce(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance(), subject.free()]
  await rename(subject, from, to)
  assert.equal(await named(subject.rds, to), undefined)
  await settled(subject, to)
}

async function badName(subject: ContractSubject): Promise<void> {
  const name = await subject.instance()
  await refused(rename(subject, name, `${subject.free()}-`), 'InvalidParameterValue')
  await refused(rename(subject, name, 'two--hyphens'), 'InvalidParameterValue')
}

async function lowerCase(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance(), subject.free()]
  await rename(subject, from, to.toUpperCase())
  await settled(subject, to)
}

async function pending(subject: ContractSubject): Promise<void> {
  const name = await subject.instance()
  await modify(subject, name, { AllocatedStorage: 40, ApplyImmediately: false })
  const found = await named(subject.rds, name)
  assert.equal(found?.PendingModifiedValues?.AllocatedStorage, 40)
  assert.equal(found?.AllocatedStorage, 20)
}

async function tagsGo(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance({ team: 'payments' }), subject.free()]
  await rename(subject, from, to)
  assert.deepEqual((await settled(subject, to)).TagList, [{ Key: 'team', Value: 'payments' }])
}

async function snapshotTwice(subject: ContractSubject): Promise<void> {
  const [name, taken] = [await subject.instance(), subject.free()]
  await snapshot(subject, name, taken)
  await settled(subject, name)
  await refused(snapshot(subject, name, taken), 'DBSnapshotAlreadyExists')
}

async function busy(subject: ContractSubject): Promise<void> {
  const name = await subject.instance()
  await snapshot(subject, name, subject.free())
  await refused(snapshot(subject, name, subject.free()), 'InvalidDBInstanceState')
}

async function restoredOnto(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance(), await subject.instance()]
  await refused(restore(subject, from, to), 'DBInstanceAlreadyExists')
}

async function outside(subject: ContractSubject): Promise<void> {
  const from = await subject.instance()
  for (const RestoreTime of [new Date('2001-01-01T00:00:00Z'), new Date(Date.now() + 86_400_000)])
    await refused(restore(subject, from, subject.free(), { RestoreTime }), 'InvalidParameterValue')
}

async function bothTimes(subject: ContractSubject): Promise<void> {
  const from = await subject.instance()
  const more = { UseLatestRestorableTime: true, RestoreTime: new Date() }
  await refused(restore(subject, from, subject.free(), more), 'InvalidParameterCombination')
}

async function defaults(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance(), subject.free()]
  await modify(subject, from, { DeletionProtection: true })
  await settled(subject, from)
  await restore(subject, from, to)
  assert.equal((await settled(subject, to)).DeletionProtection, false)
}

async function tagsCopied(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance({ team: 'payments' }), subject.free()]
  await restore(subject, from, to)
  assert.deepEqual((await settled(subject, to)).TagList, [{ Key: 'team', Value: 'payments' }])
}

async function tagsReplaced(subject: ContractSubject): Promise<void> {
  const [from, to] = [await subject.instance({ team: 'payments' }), subject.free()]
  await restore(subject, from, to, { UseLatestRestorableTime: true, Tags: [{ Key: 'run', Value: '1' }] })
  assert.deepEqual((await settled(subject, to)).TagList, [{ Key: 'run', Value: '1' }])
}

async function protectedStays(subject: ContractSubject): Promise<void> {
  const name = await subject.instance()
  await modify(subject, name, { DeletionProtection: true })
  await settled(subject, name)
  const command = new DeleteDBInstanceCommand({ DBInstanceIdentifier: name, SkipFinalSnapshot: true })
  await refused(subject.rds.send(command), 'InvalidParameterCombination')
}

async function lastSnapshot(subject: ContractSubject): Promise<void> {
  const name = await subject.instance()
  await refused(
    subject.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: name })),
    'InvalidParameterCombination',
  )
}
