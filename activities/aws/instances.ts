import {
  type DBInstance,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceCommandInput,
} from '@aws-sdk/client-rds'
import { UnwindError } from '../../model/errors.ts'
import type { Aws } from './connect.ts'
import type { Family, Sent } from './family.ts'
import { ask, isCode } from './faults.ts'
import { type Held, heldInstance } from './held.ts'

/** Database instances that stand by themselves. */
export const instances: Family = {
  word: 'instance',
  byName: async (aws, name, signal) => held(await byName(aws, name, signal)),
  byId: async (aws, id, signal) => held(await byId(aws, id, signal)),
  required: async (aws, name, signal) => heldInstance(await required(aws, name, signal)),
  change: (aws, of, { name, groups, guarded }, signal) => {
    const change = {
      ...(name !== undefined && { NewDBInstanceIdentifier: name }),
      ...(groups && { VpcSecurityGroupIds: groups }),
      ...(guarded !== undefined && { DeletionProtection: guarded }),
    }
    return modify(aws, { DBInstanceIdentifier: of.name, DbiResourceId: of.id }, change, signal)
  },
}

function held(found: DBInstance | undefined): Held | undefined {
  return found && heldInstance(found)
}

/** An instance by what it is called now; undefined where none is, which is also so in the midst of a rename. */
export async function byName(aws: Aws, identifier: string, signal: AbortSignal): Promise<DBInstance | undefined> {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier })
  const what = { action: 'rds:DescribeDBInstances', of: identifier }
  const answer = await ask(what, () => aws.rds.send(command, { abortSignal: signal }), 'DBInstanceNotFound')
  if (isCode(answer)) return undefined
  return checked(aws, answer.DBInstances?.[0])
}

/** An instance by what never changes of it. */
export async function byId(aws: Aws, resourceId: string, signal: AbortSignal): Promise<DBInstance | undefined> {
  const command = new DescribeDBInstancesCommand({ Filters: [{ Name: 'dbi-resource-id', Values: [resourceId] }] })
  const what = { action: 'rds:DescribeDBInstances', of: resourceId }
  const answer = await ask(what, () => aws.rds.send(command, { abortSignal: signal }), 'DBInstanceNotFound')
  if (isCode(answer)) return undefined
  return checked(
    aws,
    answer.DBInstances?.find(({ DbiResourceId }) => DbiResourceId === resourceId),
  )
}

/** The instance that a step names. Throws TARGET_NOT_FOUND. */
export async function required(aws: Aws, identifier: string, signal: AbortSignal): Promise<DBInstance> {
  const found = await byName(aws, identifier.toLowerCase(), signal)
  if (found) return found
  throw new UnwindError(
    'TARGET_NOT_FOUND',
    `there is no database instance ${identifier} in ${aws.region} of account ${aws.account}; name one that there is`,
  )
}

function checked(aws: Aws, instance: DBInstance | undefined): DBInstance | undefined {
  if (instance) refuseOtherAccount(aws, instance.DBInstanceArn)
  return instance
}

/** The account stands in the ARN: credentials of another one must change nothing. Throws TARGET_MISMATCH. */
export function refuseOtherAccount(aws: Aws, arn = ''): void {
  const [, , , region, account] = arn.split(':')
  if (region === aws.region && account === aws.account) return
  throw new UnwindError(
    'TARGET_MISMATCH',
    `connection ${aws.name} leads to account ${account} in ${region}, and unwind.yaml says ${aws.account} in ${aws.region}; give the worker the right credentials`,
  )
}

/** Changes settings of an instance at once; `busy` where AWS does not take it in the state that the instance is in. */
export async function modify(
  aws: Aws,
  instance: Pick<DBInstance, 'DBInstanceIdentifier' | 'DbiResourceId'>,
  change: Omit<ModifyDBInstanceCommandInput, 'DBInstanceIdentifier' | 'ApplyImmediately'>,
  signal: AbortSignal,
): Promise<Sent> {
  const of = instance.DBInstanceIdentifier ?? ''
  const command = new ModifyDBInstanceCommand({ DBInstanceIdentifier: of, ApplyImmediately: true, ...change })
  const answer = await ask(
    { action: 'rds:ModifyDBInstance', of },
    () => aws.rds.send(command, { abortSignal: signal }),
    ...(['InvalidDBInstanceState', 'DBInstanceNotFound', 'DBInstanceAlreadyExists'] as const),
  )
  aws.looks.delete(instance.DbiResourceId ?? '')
  if (!isCode(answer)) return 'sent'
  return ({ InvalidDBInstanceState: 'busy', DBInstanceNotFound: 'gone', DBInstanceAlreadyExists: 'taken' } as const)[
    answer.code as 'InvalidDBInstanceState'
  ]
}
