import {
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  type DBCluster,
  type DBInstance,
  type Tag,
} from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext } from '../../../model/target.ts'
import { forMaking } from '../../aws/attributes/attribute.ts'
import { MEMBER } from '../../aws/attributes/cluster.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import type { SeenCluster } from '../../aws/held.ts'
import { byName } from '../../aws/instances.ts'

/** Of readers that auto scaling adds and takes away (AuroraUserGuide, Aurora.Integrating.AutoScaling). */
const SCALED = 'application-autoscaling-'

/** A member to be, and the one that it is to be like. */
export interface Likened {
  name: string
  like: DBInstance
}

/** A member for each of the source's, the one that writes first; those that come and go by themselves are left out. */
export function likened({ members }: SeenCluster, cluster: string): Likened[] {
  return members
    .filter(({ DBInstanceIdentifier: name = '' }) => !name.startsWith(SCALED))
    .map((like, index) => ({ name: memberName(cluster, index + 1), like }))
}

/** At most 63 characters (API_CreateDBInstance). */
function memberName(cluster: string, number: number): string {
  const end = `-${number}`
  return `${cluster.slice(0, 63 - end.length).replace(/-+$/, '')}${end}`
}

/** Security groups, storage and backups are the cluster's (API_CreateDBInstance: "managed by the DB cluster"). */
export async function makeMember(
  { DBClusterIdentifier: cluster = '', Engine }: DBCluster,
  { name, like }: Likened,
  tags: Tag[],
  { connection, signal }: Pick<CallContext<Aws>, 'connection' | 'signal'>,
): Promise<Again> {
  const given = forMaking(MEMBER, like) as Pick<CreateDBInstanceCommandInput, 'DBInstanceClass'>
  const command = new CreateDBInstanceCommand({
    ...given,
    ...{ DBInstanceIdentifier: name, DBClusterIdentifier: cluster, Engine, Tags: tags },
  })
  const answer = await ask(
    { action: 'rds:CreateDBInstance', of: name },
    () => connection.rds.send(command, { abortSignal: signal }),
    ...(['DBInstanceAlreadyExists', 'InvalidDBClusterState'] as const),
  )
  if (isCode(answer)) await refuseForeign(connection, name, cluster, signal)
  const doing = isCode(answer) ? `AWS says ${answer.code}; looks again` : `makes ${name}, a member of ${cluster}`
  return { again: connection.poll, doing }
}

async function refuseForeign(aws: Aws, name: string, cluster: string, signal: AbortSignal): Promise<void> {
  const found = await byName(aws, name, signal)
  if (!found || found.DBClusterIdentifier === cluster) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `an instance ${name} (${found.DbiResourceId}) is there already and is no member of ${cluster}; rename or delete it, then retry`,
  )
}
