import {
  type DBProxyTarget,
  DeregisterDBProxyTargetsCommand,
  DescribeDBProxiesCommand,
  DescribeDBProxyTargetsCommand,
  ListTagsForResourceCommand,
  RegisterDBProxyTargetsCommand,
} from '@aws-sdk/client-rds'
import { UnwindError } from '../../../../model/errors.ts'
import type { Again, CallContext } from '../../../../model/target.ts'
import type { Aws } from '../../../aws/connect.ts'
import { ask, isCode } from '../../../aws/faults.ts'
import { tagOf } from '../../../aws/tags.ts'
import type { Between, Pointer, Sight } from './pointer.ts'

/** The target group of a proxy: it has one, with one instance in it (UserGuide, rds-proxy). */
const GROUP = 'default'

/** A proxy of RDS whose target applications are connected to. */
export function proxyPointer(aws: Aws, name: string): Pointer {
  return {
    name: `proxy ${name}`,
    impact: `nothing answers behind proxy ${name} from its deregistration until the new target is available`,
    look: async ({ signal }) => {
      const owner = await ownerOf(aws, name, signal)
      const command = new DescribeDBProxyTargetsCommand({ DBProxyName: name, TargetGroupName: GROUP })
      const { Targets = [] } = await ask({ action: 'rds:DescribeDBProxyTargets', of: name }, () =>
        aws.rds.send(command, { abortSignal: signal }),
      )
      const cluster = Targets.find(({ Type }) => Type !== 'RDS_INSTANCE')
      if (cluster || Targets.length > 1)
        throw new UnwindError(
          'TARGET_REJECTED',
          `proxy ${name} has ${cluster ? 'a cluster' : 'several targets'} behind it; name one with a single instance`,
        )
      return sight(aws, name, Targets[0], owner)
    },
  }
}

function sight(aws: Aws, name: string, target: DBProxyTarget | undefined, owner: string | undefined): Sight {
  const leads = target?.RdsResourceId ?? ''
  return {
    leadsTo: ({ id, name: called }) => leads !== '' && (leads === called || leads === id),
    shown: leads,
    ...(owner && { owner }),
    warnings: [],
    ...(target && { waiting: () => unready(aws, name, target) }),
    turn: (between, context) => turn(name, leads !== '', between, context),
  }
}

/** The proxy logs in with secrets of its own, which have to be good for the new database as well. */
function unready({ poll }: Aws, name: string, { TargetHealth = {} }: DBProxyTarget): Again | undefined {
  const { State, Reason, Description } = TargetHealth
  if (State === 'AVAILABLE') return undefined
  const why = [Reason, Description].filter(Boolean).join(': ')
  if (Reason === 'AUTH_FAILURE')
    throw new UnwindError(
      'TARGET_REJECTED',
      `proxy ${name} can't log in at its target (${why}); give the database the passwords of the proxy's secrets, then retry`,
    )
  return { again: poll, doing: `the target of proxy ${name} is ${State ?? 'unknown'}${why ? ` (${why})` : ''}` }
}

/** Two calls, each naming an instance: one that arrives late finds it gone, or there. */
async function turn(
  name: string,
  occupied: boolean,
  { leaving, coming }: Between,
  { connection, signal }: CallContext<Aws>,
): Promise<Again> {
  const { rds, poll } = connection
  const one = occupied ? leaving : coming
  const names = { DBProxyName: name, TargetGroupName: GROUP, DBInstanceIdentifiers: [one.name] }
  const answer = occupied
    ? await ask(
        { action: 'rds:DeregisterDBProxyTargets', of: name },
        () => rds.send(new DeregisterDBProxyTargetsCommand(names), { abortSignal: signal }),
        ...(['DBProxyTargetNotFound', 'InvalidDBProxyState'] as const),
      )
    : await ask(
        { action: 'rds:RegisterDBProxyTargets', of: name },
        () => rds.send(new RegisterDBProxyTargetsCommand(names), { abortSignal: signal }),
        ...(['DBProxyTargetAlreadyRegistered', 'InvalidDBProxyState', 'InvalidDBInstanceState'] as const),
      )
  const doing = `${occupied ? 'takes' : 'puts'} ${one.name} ${occupied ? 'from' : 'behind'} proxy ${name}`
  return { again: poll, doing: isCode(answer) ? `${doing}; AWS says ${answer.code}, looks again` : doing }
}

async function ownerOf(aws: Aws, name: string, signal: AbortSignal): Promise<string | undefined> {
  const describe = new DescribeDBProxiesCommand({ DBProxyName: name })
  const what = { action: 'rds:DescribeDBProxies', of: name }
  const answer = await ask(what, () => aws.rds.send(describe, { abortSignal: signal }), 'DBProxyNotFound')
  const proxy = isCode(answer) ? undefined : answer.DBProxies?.[0]
  if (!proxy)
    throw new UnwindError(
      'TARGET_NOT_FOUND',
      `there is no proxy ${name} in ${aws.region} of account ${aws.account}; name one that there is`,
    )
  const list = new ListTagsForResourceCommand({ ResourceName: proxy.DBProxyArn })
  const tags = await ask({ action: 'rds:ListTagsForResource', of: name }, () =>
    aws.rds.send(list, { abortSignal: signal }),
  )
  const stack = tagOf(tags, 'aws:cloudformation:stack-name')
  return stack === undefined
    ? undefined
    : `the CloudFormation stack ${stack}, whose next update may put the target back`
}
