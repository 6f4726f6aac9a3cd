import {
  type DBInstance,
  DescribeAccountAttributesCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
} from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Warning } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'

/** From when to when an instance can be restored. */
export interface Window {
  earliest: Date
  latest: Date
}

/** The window of an instance's automated backups. Throws NO_ROLLBACK_TARGET where there are none. */
export async function windowOf(aws: Aws, source: DBInstance, signal: AbortSignal): Promise<Window> {
  const { DbiResourceId, DBInstanceIdentifier: name, LatestRestorableTime: shown } = source
  const command = new DescribeDBInstanceAutomatedBackupsCommand({ DbiResourceId })
  const what = { action: 'rds:DescribeDBInstanceAutomatedBackups', of: String(name) }
  const answer = await ask(
    what,
    () => aws.rds.send(command, { abortSignal: signal }),
    'DBInstanceAutomatedBackupNotFound',
  )
  const [backup] = isCode(answer) ? [] : (answer.DBInstanceAutomatedBackups ?? [])
  const { EarliestTime: earliest, LatestTime: last } = backup?.RestoreWindow ?? {}
  const latest = shown && last && last > shown ? last : (shown ?? last)
  if (source.BackupRetentionPeriod !== 0 && earliest && latest) return { earliest, latest }
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${name} has no automated backups, so no earlier moment can be restored; restore a snapshot by hand, and set a backup retention`,
  )
}

/** Only an instance of its own can be restored like this, and one with changes under way would be restored without them. */
export function refuseUnfit(source: DBInstance): void {
  const { DBInstanceIdentifier: name, DBClusterIdentifier: cluster, ReadReplicaSourceDBInstanceIdentifier: of } = source
  if (cluster || of)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${name} ${cluster ? `belongs to cluster ${cluster}` : `is a replica of ${of}`}; name an instance that stands by itself`,
    )
  if (Object.keys(source.PendingModifiedValues ?? {}).length > 0)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${name} has changes that wait for its maintenance window; apply or withdraw them first, because a promotion would apply them as well`,
    )
}

/** Whether there is room for one more instance; where AWS does not tell, the plan says so. */
export async function roomFor(aws: Aws, signal: AbortSignal): Promise<Warning[]> {
  const what = { action: 'rds:DescribeAccountAttributes', of: aws.account }
  const command = new DescribeAccountAttributesCommand({})
  const answer = await ask(what, () => aws.rds.send(command, { abortSignal: signal })).catch((error: unknown) => {
    if (error instanceof UnwindError) return error
    throw error
  })
  if (answer instanceof UnwindError)
    return [{ code: 'NOT_CHECKED', message: `the quota of instances is not known: ${answer.message}` }]
  const quota = answer.AccountQuotas?.find(({ AccountQuotaName }) => AccountQuotaName === 'DBInstances')
  const { Used = 0, Max = Number.POSITIVE_INFINITY } = quota ?? {}
  if (Used < Max) return []
  throw new UnwindError(
    'TARGET_REJECTED',
    `account ${aws.account} has ${Used} of ${Max} instances in ${aws.region}; raise the quota or delete one`,
  )
}
