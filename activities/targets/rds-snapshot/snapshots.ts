import { type DBSnapshot, DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'

/** Of which instance, under which name; `kept` once it was taken and while its run stands. */
export interface SnapshotState extends State {
  resourceId: string
  snapshot: string
  kept: boolean
}

/** A snapshot by its name. */
export async function readSnapshot(aws: Aws, name: string, signal: AbortSignal): Promise<DBSnapshot | undefined> {
  const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: name })
  const what = { action: 'rds:DescribeDBSnapshots', of: name }
  const answer = await ask(what, () => aws.rds.send(command, { abortSignal: signal }), 'DBSnapshotNotFound')
  return isCode(answer) ? undefined : answer.DBSnapshots?.[0]
}

/** Manual snapshots of one instance, the latest first. */
export async function snapshotsOf(aws: Aws, resourceId: string, signal: AbortSignal): Promise<DBSnapshot[]> {
  const command = new DescribeDBSnapshotsCommand({ DbiResourceId: resourceId, SnapshotType: 'manual' })
  const what = { action: 'rds:DescribeDBSnapshots', of: resourceId }
  const { DBSnapshots = [] } = await ask(what, () => aws.rds.send(command, { abortSignal: signal }))
  return DBSnapshots.toSorted((a, b) => madeAt(b) - madeAt(a))
}

function madeAt({ SnapshotCreateTime }: DBSnapshot): number {
  return SnapshotCreateTime?.getTime() ?? Number.POSITIVE_INFINITY
}

/** A state that an earlier run recorded. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState({ resourceId, snapshot, kept }: State): SnapshotState {
  if (typeof resourceId === 'string' && typeof snapshot === 'string' && typeof kept === 'boolean')
    return { resourceId, snapshot, kept }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of an RDS snapshot')
}
