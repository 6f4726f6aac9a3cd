import { DeleteDBClusterCommand, DeleteDBInstanceCommand } from '@aws-sdk/client-rds'
import type { Again, CallContext } from '../../model/target.ts'
import type { Aws } from './connect.ts'
import { ask, isCode } from './faults.ts'
import type { Held } from './held.ts'

/** What a deletion leaves: a last snapshot of that name, or none; and the automated backups, which go along unless said. */
export interface Leaving {
  last: string | undefined
  backups: 'kept' | 'deleted'
}

type Reach = Pick<CallContext<Aws>, 'connection' | 'signal'>

/**
 * One call towards its being gone. Of a cluster the members go first, the one that writes last of them, and the last
 * snapshot is one of the cluster (AuroraUserGuide, USER_DeleteCluster).
 */
export async function remove({ seen, name }: Held, leaving: Leaving, reach: Reach): Promise<Again> {
  if (!('cluster' in seen)) return removeInstance(name, leaving, reach)
  const member = seen.members.findLast(({ DBInstanceStatus }) => DBInstanceStatus !== 'deleting')
  const none = { last: undefined, backups: 'deleted' as const }
  if (member) return removeInstance(member.DBInstanceIdentifier ?? '', none, reach)
  if (seen.members.length > 0)
    return { again: reach.connection.poll, doing: `the members of ${name} are being deleted` }
  return removeCluster(name, leaving, reach)
}

async function removeInstance(name: string, leaving: Leaving, { connection, signal }: Reach): Promise<Again> {
  const command = new DeleteDBInstanceCommand({ DBInstanceIdentifier: name, ...inputOf(leaving) })
  const answer = await ask(
    { action: 'rds:DeleteDBInstance', of: name },
    () => connection.rds.send(command, { abortSignal: signal }),
    ...(['DBInstanceNotFound', 'InvalidDBInstanceState'] as const),
  )
  return told(name, leaving, answer, connection)
}

async function removeCluster(name: string, leaving: Leaving, { connection, signal }: Reach): Promise<Again> {
  const command = new DeleteDBClusterCommand({ DBClusterIdentifier: name, ...inputOf(leaving) })
  const answer = await ask(
    { action: 'rds:DeleteDBCluster', of: name },
    () => connection.rds.send(command, { abortSignal: signal }),
    ...(['DBClusterNotFound', 'InvalidDBClusterState'] as const),
  )
  return told(name, leaving, answer, connection)
}

/** By default a deletion takes the automated backups along (API_DeleteDBInstance, API_DeleteDBCluster). */
function inputOf({ last, backups }: Leaving) {
  return {
    ...(last === undefined ? { SkipFinalSnapshot: true } : { FinalDBSnapshotIdentifier: last }),
    ...(backups === 'kept' && { DeleteAutomatedBackups: false }),
  }
}

function told(name: string, { last }: Leaving, answer: object, { poll }: Aws): Again {
  if (isCode(answer)) return { again: poll, doing: `AWS says ${answer.code}; looks again` }
  return { again: poll, doing: `deletes ${name}${last === undefined ? '' : `, with snapshot ${last}`}` }
}
