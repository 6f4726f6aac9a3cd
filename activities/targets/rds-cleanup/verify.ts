import { DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds'
import type { CallContext, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import { byId } from '../../aws/instances.ts'
import type { RdsCleanupStep } from './schema.ts'
import type { CleanupState } from './state.ts'

/** Whether the instance is gone, its final snapshot can be restored from, and its successor is there. */
export async function verify(
  _step: RdsCleanupStep,
  { resourceId, instance, snapshot, successor }: CleanupState,
  { connection, signal }: CallContext<Aws>,
): Promise<Verdict> {
  const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: snapshot })
  const what = { action: 'rds:DescribeDBSnapshots', of: snapshot }
  const [found, serving, answer] = await Promise.all([
    byId(connection, resourceId, signal),
    byId(connection, successor, signal),
    ask(what, () => connection.rds.send(command, { abortSignal: signal }), 'DBSnapshotNotFound'),
  ])
  const kept = isCode(answer) ? undefined : answer.DBSnapshots?.[0]
  const facts = { instance, resourceId, snapshot, successor }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (found) return say('fail', `${instance} (${resourceId}) is still there, ${found.DBInstanceStatus}`)
  if (kept?.DbiResourceId !== resourceId || kept.Status !== 'available')
    return say('fail', `snapshot ${snapshot} of ${resourceId} is ${kept?.Status ?? 'not there'}`)
  if (!serving) return say('fail', `${successor}, which served in its place, is not there any more`)
  return say('pass', `${instance} (${resourceId}) is gone; snapshot ${snapshot} and its automated backups are kept`)
}
