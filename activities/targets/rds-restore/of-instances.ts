import {
  AddRoleToDBInstanceCommand,
  type DBInstance,
  DescribeDBInstanceAutomatedBackupsCommand,
  RebootDBInstanceCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext } from '../../../model/target.ts'
import { completing, differing, forMaking, hashOf, valuesOf } from '../../aws/attributes/attribute.ts'
import { INSTANCE, rolesOf } from '../../aws/attributes/instance.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import type { Held } from '../../aws/held.ts'
import { modify } from '../../aws/instances.ts'
import { unsettled } from '../../aws/settled.ts'
import type { Restorer } from './restorer.ts'

type Reach = Pick<CallContext<Aws>, 'connection' | 'signal'>

/** Instances that stand by themselves. */
export const instanceRestorer: Restorer = {
  unfit: (source) => {
    const { DBClusterIdentifier: cluster, ReadReplicaSourceDBInstanceIdentifier: of } = instanceOf(source)
    if (cluster) return `belongs to cluster ${cluster}; name that (cluster: ${cluster})`
    return of ? `is a replica of ${of}; name an instance that stands by itself` : undefined
  },
  window: (source, reach) => windowOf(instanceOf(source), reach),
  size: (source) => `${instanceOf(source).AllocatedStorage ?? 0} GiB`,
  warnings: () => [],
  settings: (source) => hashOf(valuesOf(INSTANCE, instanceOf(source))),
  differences: (source, candidate) => differing(INSTANCE, instanceOf(source), instanceOf(candidate)),
  make: async ({ source, name, moment, groups, tags }, { connection, signal }) => {
    const command = new RestoreDBInstanceToPointInTimeCommand({
      ...forMaking(INSTANCE, instanceOf(source)),
      ...{ SourceDbiResourceId: source.id, TargetDBInstanceIdentifier: name, RestoreTime: moment },
      ...{ VpcSecurityGroupIds: groups, DeletionProtection: false, Tags: tags },
    })
    const what = { action: 'rds:RestoreDBInstanceToPointInTime', of: name }
    const send = () => connection.rds.send(command, { abortSignal: signal })
    return !isCode(await ask(what, send, 'DBInstanceAlreadyExists'))
  },
  complete: async (source, candidate, _tags, reach) =>
    unsettled(reach.connection, candidate, candidate.name) ??
    (await liken(source && instanceOf(source), instanceOf(candidate), reach)) ??
    (await addRole(source && instanceOf(source), instanceOf(candidate), reach)) ??
    rebooted(instanceOf(candidate), reach),
}

function instanceOf({ seen, name }: Held): DBInstance {
  if ('instance' in seen) return seen.instance
  throw new UnwindError('INTERNAL', `${name} is a cluster, and was taken for an instance`)
}

/** What the call that makes it can't set is set afterwards. */
async function liken(source: DBInstance | undefined, candidate: DBInstance, reach: Reach): Promise<Again | undefined> {
  const change = source ? completing(INSTANCE, source, candidate) : {}
  if (Object.keys(change).length === 0) return undefined
  await modify(reach.connection, candidate, change, reach.signal)
  const doing = `sets on ${candidate.DBInstanceIdentifier} what a restore does not carry over`
  return { again: reach.connection.poll, doing }
}

/** A restore carries no roles over, and no call gives more than one (API_AddRoleToDBInstance). */
async function addRole(
  source: DBInstance | undefined,
  candidate: DBInstance,
  { connection, signal }: Reach,
): Promise<Again | undefined> {
  const there = rolesOf(candidate).map(({ FeatureName, RoleArn }) => `${FeatureName} ${RoleArn}`)
  const missing = (source ? rolesOf(source) : []).find(
    ({ FeatureName, RoleArn }) => !there.includes(`${FeatureName} ${RoleArn}`),
  )
  if (!missing) return undefined
  const name = candidate.DBInstanceIdentifier ?? ''
  const command = new AddRoleToDBInstanceCommand({ DBInstanceIdentifier: name, ...missing })
  const answer = await ask(
    { action: 'rds:AddRoleToDBInstance', of: name },
    () => connection.rds.send(command, { abortSignal: signal }),
    ...(['DBInstanceRoleAlreadyExists', 'InvalidDBInstanceState'] as const),
  )
  const doing = `gives ${name} the role for ${missing.FeatureName}`
  return { again: connection.poll, doing: isCode(answer) ? `${doing}; AWS says ${answer.code}` : doing }
}

/** A parameter group that waits for a reboot gets one; undefined where none waits. */
export async function rebooted(instance: DBInstance, { connection, signal }: Reach): Promise<Again | undefined> {
  const waits = instance.DBParameterGroups?.some((group) => group.ParameterApplyStatus === 'pending-reboot')
  return waits ? reboot(instance.DBInstanceIdentifier ?? '', { connection, signal }) : undefined
}

export async function reboot(name: string, { connection, signal }: Reach): Promise<Again> {
  const command = new RebootDBInstanceCommand({ DBInstanceIdentifier: name })
  const what = { action: 'rds:RebootDBInstance', of: name }
  await ask(what, () => connection.rds.send(command, { abortSignal: signal }), 'InvalidDBInstanceState')
  return { again: connection.poll, doing: `reboots ${name}, so that its parameter group applies` }
}

async function windowOf(source: DBInstance, { connection, signal }: Reach) {
  const { DbiResourceId, DBInstanceIdentifier: name, LatestRestorableTime: shown } = source
  const command = new DescribeDBInstanceAutomatedBackupsCommand({ DbiResourceId })
  const answer = await ask(
    { action: 'rds:DescribeDBInstanceAutomatedBackups', of: String(name) },
    () => connection.rds.send(command, { abortSignal: signal }),
    'DBInstanceAutomatedBackupNotFound',
  )
  const [backup] = isCode(answer) ? [] : (answer.DBInstanceAutomatedBackups ?? [])
  const { EarliestTime: earliest, LatestTime: last } = backup?.RestoreWindow ?? {}
  const latest = shown && last && last > shown ? last : (shown ?? last)
  return source.BackupRetentionPeriod !== 0 && earliest && latest ? { earliest, latest } : undefined
}
