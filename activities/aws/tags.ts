import { AddTagsToResourceCommand, RemoveTagsFromResourceCommand, type Tag } from '@aws-sdk/client-rds'
import type { Aws } from './connect.ts'
import { ask, isCode } from './faults.ts'

/** Where a name leads to nothing at the moment, as in the midst of a rename. */
const AWAY = ['DBInstanceNotFound', 'DBClusterNotFound'] as const

/** The value of a tag of a database or a snapshot. */
export function tagOf({ TagList = [] }: { TagList?: Tag[] | undefined }, key: string): string | undefined {
  return TagList.find(({ Key }) => Key === key)?.Value
}

/** Sets tags; false where the name leads to nothing at the moment. */
export async function tag(
  aws: Aws,
  arn: string | undefined,
  tags: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  const command = new AddTagsToResourceCommand({ ResourceName: arn, Tags: list })
  const what = { action: 'rds:AddTagsToResource', of: String(arn) }
  return !isCode(await ask(what, () => aws.rds.send(command, { abortSignal: signal }), ...AWAY))
}

/** Takes tags off; false where the name leads to nothing at the moment. */
export async function untag(aws: Aws, arn: string | undefined, keys: string[], signal: AbortSignal): Promise<boolean> {
  const command = new RemoveTagsFromResourceCommand({ ResourceName: arn, TagKeys: keys })
  const what = { action: 'rds:RemoveTagsFromResource', of: String(arn) }
  return !isCode(await ask(what, () => aws.rds.send(command, { abortSignal: signal }), ...AWAY))
}
