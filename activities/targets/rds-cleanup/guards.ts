import { type DBInstance, paginateDescribeDBInstances } from '@aws-sdk/client-rds'
import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask } from '../../aws/faults.ts'
import { tagOf } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { TERMINAL } from '../../aws/settled.ts'
import type { RdsCleanupStep } from './schema.ts'

/** Younger than this is nobody's to delete, whatever the step says. */
const LEAST = 3_600_000
/** So many instances of an account are looked through for the one that serves. */
const MOST = 1_000

/** The mark of a promotion on what it has moved aside: whose, and since when. */
export function asideOf(instance: DBInstance): { mark: string; run: string; since: Date } | undefined {
  const mark = tagOf(instance, TAGS.aside)
  const [run = '', at = ''] = mark?.split(' ') ?? []
  const since = new Date(at)
  return mark === undefined || Number.isNaN(since.getTime()) ? undefined : { mark, run, since }
}

/** Refuses what is not to be deleted: never moved aside, not for long enough, in use, or somebody else's source. */
export function refuseUnfit(step: RdsCleanupStep, instance: DBInstance): void {
  const { DBInstanceIdentifier: name, DBClusterIdentifier: cluster } = instance
  const aside = asideOf(instance)
  if (!aside || tagOf(instance, TAGS.serves) !== undefined)
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `${name} does not stand aside: no promotion has left its mark on it, so there is nothing to clean up`,
    )
  const wanted = Math.max(LEAST, milliseconds(step.after))
  const stood = Date.now() - aside.since.getTime()
  if (stood < wanted)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${name} has stood aside since ${aside.since.toISOString()}, for ${readable(Math.max(0, stood))} of the ${readable(wanted)} that it is kept; try again then`,
    )
  const { ReadReplicaDBInstanceIdentifiers: replicas = [] } = instance
  if (replicas.length > 0 || cluster)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${name} ${cluster ? `belongs to cluster ${cluster}` : `has replicas (${replicas.join(', ')})`}; promote or delete those first`,
    )
}

/**
 * The instance that was put in its place by the same run, and serves. Throws TARGET_REJECTED where there is none: what
 * stands aside may then be the only good copy.
 */
export async function successorOf(aws: Aws, instance: DBInstance, signal: AbortSignal): Promise<string> {
  const { run = '' } = asideOf(instance) ?? {}
  let seen = 0
  for await (const { DBInstances = [] } of pagesOf(aws, signal)) {
    const found = DBInstances.find(
      (one) => tagOf(one, TAGS.serves) !== undefined && tagOf(one, TAGS.run) === run && isUp(one),
    )
    if (found?.DbiResourceId) return found.DbiResourceId
    seen += DBInstances.length
    if (seen >= MOST) break
  }
  throw new UnwindError(
    'TARGET_REJECTED',
    `no instance of run ${run} serves in the place of ${instance.DBInstanceIdentifier}, so that may be the only good copy; see who serves, and delete it by hand if nobody misses anything in it`,
  )
}

function isUp({ DBInstanceStatus: status = 'creating' }: DBInstance): boolean {
  return status !== 'creating' && !TERMINAL.has(status)
}

async function* pagesOf(aws: Aws, signal: AbortSignal) {
  const pages = paginateDescribeDBInstances({ client: aws.rds, pageSize: 100 }, {}, { abortSignal: signal })
  for (;;) {
    const what = { action: 'rds:DescribeDBInstances', of: aws.account }
    const { value, done } = await ask(what, () => pages.next())
    if (done) return
    yield value
  }
}
