import {
  CreateDBClusterSnapshotCommand,
  type DBClusterSnapshot,
  DeleteDBClusterSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
} from '@aws-sdk/client-rds'
import { ask, isCode } from '../faults.ts'
import type { Snapshot, Snapshots } from './snapshots.ts'

/** Snapshots of clusters of Aurora: of the storage that all members share. */
export const clusterSnapshots: Snapshots = {
  action: 'rds:CreateDBClusterSnapshot',
  read: async (aws, name, abortSignal) => {
    const command = new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier: name })
    const what = { action: 'rds:DescribeDBClusterSnapshots', of: name }
    const answer = await ask(what, () => aws.rds.send(command, { abortSignal }), 'DBClusterSnapshotNotFound')
    const [found] = isCode(answer) ? [] : (answer.DBClusterSnapshots ?? [])
    return found && shown(found)
  },
  list: async (aws, resourceId, abortSignal) => {
    const command = new DescribeDBClusterSnapshotsCommand({ DbClusterResourceId: resourceId, SnapshotType: 'manual' })
    const what = { action: 'rds:DescribeDBClusterSnapshots', of: resourceId }
    const { DBClusterSnapshots = [] } = await ask(what, () => aws.rds.send(command, { abortSignal }))
    return DBClusterSnapshots.map(shown)
  },
  take: async (aws, of, name, Tags, abortSignal) => {
    const named = { DBClusterIdentifier: of, DBClusterSnapshotIdentifier: name }
    const command = new CreateDBClusterSnapshotCommand({ ...named, Tags })
    const answer = await ask(
      { action: 'rds:CreateDBClusterSnapshot', of: name },
      () => aws.rds.send(command, { abortSignal }),
      ...(['DBClusterSnapshotAlreadyExists', 'InvalidDBClusterState'] as const),
    )
    return isCode(answer) ? answer.code : undefined
  },
  remove: async (aws, name, abortSignal) => {
    const command = new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: name })
    const answer = await ask(
      { action: 'rds:DeleteDBClusterSnapshot', of: name },
      () => aws.rds.send(command, { abortSignal }),
      ...(['DBClusterSnapshotNotFound', 'InvalidDBClusterSnapshotState'] as const),
    )
    return isCode(answer) ? answer.code : undefined
  },
}

function shown(found: DBClusterSnapshot): Snapshot {
  return {
    name: found.DBClusterSnapshotIdentifier ?? '',
    arn: found.DBClusterSnapshotArn ?? '',
    of: found.DbClusterResourceId ?? '',
    status: found.Status ?? '',
    percent: found.PercentProgress ?? 0,
    createdAt: found.SnapshotCreateTime,
    TagList: found.TagList ?? [],
  }
}
