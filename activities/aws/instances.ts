import {
  AddTagsToResourceCommand,
  type DBInstance,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceCommandInput,
  RemoveTagsFromResourceCommand,
  type Tag,
} from '@aws-sdk/client-rds'
import { UnwindError } from '../../model/errors.ts'
import type { Aws } from './connect.ts'
import { ask, isCode } from './faults.ts'

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

/** The account stands in the ARN: credentials of another one must change nothing. */
function checked(aws: Aws, instance: DBInstance | undefined): DBInstance | undefined {
  const [, , , region, account] = (instance?.DBInstanceArn ?? '').split(':')
  if (!instance || (region === aws.region && account === aws.account)) return instance
  throw new UnwindError(
    'TARGET_MISMATCH',
    `connection ${aws.name} leads to account ${account} in ${region}, and unwind.yaml says ${aws.account} in ${aws.region}; give the worker the right credentials`,
  )
}

/** Changes settings of an instance at once; `busy` where AWS does not take it in the state that the instance is in. */
export async function modify(
  aws: Aws,
  instance: DBInstance,
  change: Omit<ModifyDBInstanceCommandInput, 'DBInstanceIdentifier' | 'ApplyImmediately'>,
  signal: AbortSignal,
): Promise<'sent' | 'busy' | 'gone' | 'taken'> {
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

/** The value of a tag of an instance or a snapshot. */
export function tagOf({ TagList = [] }: { TagList?: Tag[] | undefined }, key: string): string | undefined {
  return TagList.find(({ Key }) => Key === key)?.Value
}

/** Sets tags; false where the name leads to nothing at the moment, as in the midst of a rename. */
export async function tag(
  aws: Aws,
  arn: string | undefined,
  tags: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  const command = new AddTagsToResourceCommand({ ResourceName: arn, Tags: list })
  const what = { action: 'rds:AddTagsToResource', of: String(arn) }
  return !isCode(await ask(what, () => aws.rds.send(command, { abortSignal: signal }), 'DBInstanceNotFound'))
}

/** Takes tags off; false where the name leads to nothing at the moment. */
export async function untag(aws: Aws, arn: string | undefined, keys: string[], signal: AbortSignal): Promise<boolean> {
  const command = new RemoveTagsFromResourceCommand({ ResourceName: arn, TagKeys: keys })
  const what = { action: 'rds:RemoveTagsFromResource', of: String(arn) }
  return !isCode(await ask(what, () => aws.rds.send(command, { abortSignal: signal }), 'DBInstanceNotFound'))
}
