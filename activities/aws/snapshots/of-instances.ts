import {
  CreateDBSnapshotCommand,
  type DBSnapshot,
  DeleteDBSnapshotCommand,
  DescribeDBSnapshotsCommand,
} from '@aws-sdk/client-rds'
import { ask, isCode } from '../faults.ts'
import type { Snapshot, Snapshots } from './snapshots.ts'

/** Snapshots of instances that stand by themselves. */
export const instanceSnapshots: Snapshots = {
  action: 'rds:CreateDBSnapshot',
  read: async (aws, name, abortSignal) => {
    const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: name })
    const what = { action: 'rds:DescribeDBSnapshots', of: name }
    const answer = await ask(what, () => aws.rds.send(command, { abortSignal }), 'DBSnapshotNotFound')
    const [found] = isCode(answer) ? [] : (answer.DBSnapshots ?? [])
    return found && shown(found)
  },
  list: async (aws, resourceId, abortSignal) => {
    const command = new DescribeDBSnapshotsCommand({ DbiResourceId: resourceId, SnapshotType: 'manual' })
    const what = { action: 'rds:DescribeDBSnapshots', of: resourceId }
    const { DBSnapshots = [] } = await ask(what, () => aws.rds.send(command, { abortSignal }))
    return DBSnapshots.map(shown)
  },
  take: async (aws, of, name, Tags, abortSignal) => {
    const command = new CreateDBSnapshotCommand({ DBInstanceIdentifier: of, DBSnapshotIdentifier: name, Tags })
    const answer = await ask(
      { action: 'rds:CreateDBSnapshot', of: name },
      () => aws.rds.send(command, { abortSignal }),
      ...(['DBSnapshotAlreadyExists', 'InvalidDBInstanceState'] as const),
    )
    return isCode(answer) ? answer.code : undefined
  },
  remove: async (aws, name, abortSignal) => {
    const command = new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: name })
    const answer = await ask(
      { action: 'rds:DeleteDBSnapshot', of: name },
      () => aws.rds.send(command, { abortSignal }),
      ...(['DBSnapshotNotFound', 'InvalidDBSnapshotState'] as const),
    )
    return isCode(answer) ? answer.code : undefined
  },
}

function shown(found: DBSnapshot): Snapshot {
  return {
    name: found.DBSnapshotIdentifier ?? '',
    arn: found.DBSnapshotArn ?? '',
    of: found.DbiResourceId ?? '',
    status: found.Status ?? '',
    percent: found.PercentProgress ?? 0,
    createdAt: found.SnapshotCreateTime,
    TagList: found.TagList ?? [],
  }
}
