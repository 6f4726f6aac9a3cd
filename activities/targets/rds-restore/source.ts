import { DescribeAccountAttributesCommand } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Warning } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask } from '../../aws/faults.ts'
import type { Named } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import type { Window } from './restorer.ts'
import { restorerFor } from './sort.ts'

/** The window of a database's automated backups. Throws NO_ROLLBACK_TARGET where there are none. */
export async function windowOf(
  step: Named,
  source: Held,
  reach: Pick<CallContext<Aws>, 'connection' | 'signal'>,
): Promise<Window> {
  const window = await restorerFor(step).window(source, reach)
  if (window) return window
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${source.name} has no automated backups, so no earlier moment can be restored; restore a snapshot by hand, and set a backup retention`,
  )
}

/** Not everything can be restored like this, and what has changes under way would be restored without them. */
export function refuseUnfit(step: Named, source: Held): void {
  const unfit = restorerFor(step).unfit(source)
  if (unfit) throw new UnwindError('TARGET_REJECTED', `${source.name} ${unfit}`)
  if (source.open.includes('has changes pending'))
    throw new UnwindError(
      'TARGET_REJECTED',
      `${source.name} has changes that wait for its maintenance window; apply or withdraw them first, because a promotion would apply them as well`,
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
