import { paginateDescribeDBClusters, paginateDescribeDBInstances, type Tag } from '@aws-sdk/client-rds'
import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask } from '../../aws/faults.ts'
import type { Named } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import { TAGS } from '../../aws/names.ts'
import { TERMINAL } from '../../aws/settled.ts'
import { tagOf } from '../../aws/tags.ts'
import type { RdsCleanupStep } from './schema.ts'

/** Younger than this is nobody's to delete, whatever the step says. */
const LEAST = 3_600_000
/** So many databases of an account are looked through for the one that serves. */
const MOST = 1_000

/** The mark of a promotion on what it has moved aside: whose, and since when. */
export function asideOf(held: Held): { mark: string; run: string; since: Date } | undefined {
  const mark = tagOf(held, TAGS.aside)
  const [run = '', at = ''] = mark?.split(' ') ?? []
  const since = new Date(at)
  return mark === undefined || Number.isNaN(since.getTime()) ? undefined : { mark, run, since }
}

/** Refuses what is not to be deleted: never moved aside, not for long enough, in use, or somebody else's source. */
export function refuseUnfit(step: RdsCleanupStep, held: Held): void {
  const { name } = held
  const aside = asideOf(held)
  if (!aside || tagOf(held, TAGS.serves) !== undefined)
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
  const depends = dependsOn(held)
  if (depends) throw new UnwindError('TARGET_REJECTED', `${name} ${depends}; promote or delete those first`)
}

function dependsOn({ seen }: Held): string | undefined {
  const of = 'instance' in seen ? seen.instance.DBClusterIdentifier : undefined
  const replicas =
    'instance' in seen ? seen.instance.ReadReplicaDBInstanceIdentifiers : seen.cluster.ReadReplicaIdentifiers
  if (of) return `belongs to cluster ${of}`
  return replicas && replicas.length > 0 ? `has replicas (${replicas.join(', ')})` : undefined
}

/**
 * What was put in its place by the same run, and serves. Throws TARGET_REJECTED where there is nothing: what stands aside
 * may then be the only good copy.
 */
export async function successorOf(step: Named, aws: Aws, held: Held, signal: AbortSignal): Promise<string> {
  const { run = '' } = asideOf(held) ?? {}
  let seen = 0
  for await (const all of step.cluster === undefined ? instancesOf(aws, signal) : clustersOf(aws, signal)) {
    const found = all.find(
      (one) => tagOf(one, TAGS.serves) !== undefined && tagOf(one, TAGS.run) === run && isUp(one.status),
    )
    if (found?.id) return found.id
    seen += all.length
    if (seen >= MOST) break
  }
  throw new UnwindError(
    'TARGET_REJECTED',
    `nothing of run ${run} serves in the place of ${held.name}, so that may be the only good copy; see who serves, and delete it by hand if nobody misses anything in it`,
  )
}

function isUp(status = 'creating'): boolean {
  return status !== 'creating' && !TERMINAL.has(status)
}

interface Listed {
  id: string | undefined
  status: string | undefined
  TagList: Tag[] | undefined
}

async function* instancesOf(aws: Aws, abortSignal: AbortSignal): AsyncGenerator<Listed[]> {
  const pages = paginateDescribeDBInstances({ client: aws.rds, pageSize: 100 }, {}, { abortSignal })
  for await (const { DBInstances = [] } of asked(aws, 'rds:DescribeDBInstances', pages))
    yield DBInstances.map(({ DbiResourceId: id, DBInstanceStatus: status, TagList }) => ({ id, status, TagList }))
}

async function* clustersOf(aws: Aws, abortSignal: AbortSignal): AsyncGenerator<Listed[]> {
  const pages = paginateDescribeDBClusters({ client: aws.rds, pageSize: 100 }, {}, { abortSignal })
  for await (const { DBClusters = [] } of asked(aws, 'rds:DescribeDBClusters', pages))
    yield DBClusters.map(({ DbClusterResourceId: id, Status: status, TagList }) => ({ id, status, TagList }))
}

async function* asked<Page>(aws: Aws, action: string, pages: AsyncGenerator<Page, unknown>): AsyncGenerator<Page> {
  for (;;) {
    const next = await ask({ action, of: aws.account }, () => pages.next())
    if (next.done) return
    yield next.value
  }
}
