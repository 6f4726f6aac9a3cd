import {
  GetParameterCommand,
  GetParameterHistoryCommand,
  ListTagsForResourceCommand,
  type ParameterHistory,
  PutParameterCommand,
} from '@aws-sdk/client-ssm'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import type { Item, Version, VersionSystem } from '../../versions/item.ts'
import { ssmOf } from './connect.ts'
import type { SsmParameterStep } from './schema.ts'

/** A parameter has at most 100 versions (service quotas of Systems Manager), and a page 50. */
const PAGES = 4

/** Parameters of the Parameter Store. It takes no condition with a write, so what came in between is told afterwards. */
export const ssmSystem: VersionSystem<SsmParameterStep> = {
  async read({ parameter }, context) {
    const aws = context.connection as Aws
    const [, history, stack] = await Promise.all([
      requireAccount(aws, parameter, context.signal),
      readHistory(aws, parameter, context.signal),
      stackOf(aws, parameter, context.signal),
    ])
    const values = new Map(history.map(({ Version = 0, Value = '' }) => [Version, Value]))
    const item: Item = {
      name: `parameter ${parameter}`,
      object: `aws/${aws.account}/${aws.region}/parameter/${parameter.replace(/^\//, '')}`,
      versions: history.map(versionOf),
      content: async (version) => {
        const value = values.get(version)
        return value === undefined ? undefined : { value }
      },
      ...(stack !== undefined && { owner: `the CloudFormation stack ${stack}` }),
      warnings: [],
    }
    return item
  },
  write: ({ parameter }, old, present, _item, context) => write(parameter, old, present, context),
}

function versionOf({ Version = 0, LastModifiedDate, LastModifiedUser, Labels = [] }: ParameterHistory): Version {
  return {
    ...{ version: Version, at: LastModifiedDate?.toISOString() ?? '', labels: Labels },
    ...(LastModifiedUser !== undefined && { by: LastModifiedUser }),
  }
}

/** All versions with their values, newest first. Throws TARGET_NOT_FOUND. */
async function readHistory(aws: Aws, name: string, signal: AbortSignal): Promise<ParameterHistory[]> {
  const what = { action: 'ssm:GetParameterHistory', of: name }
  const found: ParameterHistory[] = []
  let next: string | undefined
  for (let page = 0; page < PAGES; page++) {
    const command = new GetParameterHistoryCommand({
      ...{ Name: name, WithDecryption: true, MaxResults: 50 },
      ...(next !== undefined && { NextToken: next }),
    })
    const answer = await ask(what, () => ssmOf(aws).send(command, { abortSignal: signal }), 'ParameterNotFound')
    if (isCode(answer)) throw missing(aws, name)
    found.push(...(answer.Parameters ?? []))
    next = answer.NextToken
    if (!next) break
  }
  return found.toSorted((a, b) => (b.Version ?? 0) - (a.Version ?? 0))
}

/** The account stands in the ARN: credentials of another one must change nothing. */
async function requireAccount(aws: Aws, name: string, signal: AbortSignal): Promise<void> {
  const command = new GetParameterCommand({ Name: name })
  const what = { action: 'ssm:GetParameter', of: name }
  const answer = await ask(what, () => ssmOf(aws).send(command, { abortSignal: signal }), 'ParameterNotFound')
  if (isCode(answer)) throw missing(aws, name)
  const [, , , region, account] = (answer.Parameter?.ARN ?? '').split(':')
  if (region === aws.region && account === aws.account) return
  throw new UnwindError(
    'TARGET_MISMATCH',
    `connection ${aws.name} leads to account ${account} in ${region}, and unwind.yaml says ${aws.account} in ${aws.region}; give the worker the right credentials`,
  )
}

function missing({ region, account }: Aws, name: string): UnwindError {
  const message = `there is no parameter ${name} in ${region} of account ${account}; name one that there is`
  return new UnwindError('TARGET_NOT_FOUND', message)
}

/** The stack that a parameter belongs to; its next update would write the value of its template. */
async function stackOf(aws: Aws, name: string, signal: AbortSignal): Promise<string | undefined> {
  const command = new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: name })
  const what = { action: 'ssm:ListTagsForResource', of: name }
  const answer = await ask(what, () => ssmOf(aws).send(command, { abortSignal: signal }), 'InvalidResourceId')
  if (isCode(answer)) return undefined
  return answer.TagList?.find(({ Key }) => Key === 'aws:cloudformation:stack-name')?.Value
}

/**
 * The old value with the key that encrypted it; all other settings are those of the present version, which a write without
 * them would set anew (API_PutParameter).
 */
async function write(name: string, old: Version, present: Version, context: CallContext): Promise<'written'> {
  const aws = context.connection as Aws
  const history = await readHistory(aws, name, context.signal)
  const of = ({ version }: Version) => history.find(({ Version: number }) => number === version)
  const [wanted, settings] = [of(old), of(present)]
  const policies = (settings?.Policies ?? []).flatMap(({ PolicyText }) => PolicyText ?? [])
  const command = new PutParameterCommand({
    ...{ Name: name, Value: wanted?.Value ?? '', Overwrite: true },
    ...(wanted?.KeyId && { KeyId: wanted.KeyId }),
    ...(settings?.Type && { Type: settings.Type }),
    ...(settings?.Description && { Description: settings.Description }),
    ...(settings?.AllowedPattern && { AllowedPattern: settings.AllowedPattern }),
    ...(settings?.DataType && { DataType: settings.DataType }),
    ...(settings?.Tier && { Tier: settings.Tier }),
    ...(policies.length > 0 && { Policies: `[${policies.join(',')}]` }),
  })
  const what = { action: 'ssm:PutParameter', of: name }
  const sent = ask(what, () => ssmOf(aws).send(command, { abortSignal: context.signal }))
  const answer = await sent.catch((error: unknown) => {
    throw unquoted(error, name)
  })
  const number = answer.Version ?? 0
  if (number === present.version + 1) return 'written'
  throw new UnwindError(
    'PLAN_STALE',
    `somebody wrote parameter ${name} in the same moment: that is version ${number - 1}, and version ${number} holds what was gone back to. Look at both and plan again`,
    { untouched: false },
  )
}

/** AWS says what it does not like of a value, and may repeat it. */
function unquoted(error: unknown, name: string): unknown {
  if (!(error instanceof UnwindError) || error.code !== 'TARGET_REJECTED') return error
  const code = String(error.facts?.['code'])
  const message = `AWS rejects ssm:PutParameter on ${name} (${code}); see its pattern, its tier and its labels`
  return new UnwindError('TARGET_REJECTED', message, { code })
}
