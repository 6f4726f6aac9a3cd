import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision, Warning } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import { tagOf } from '../../aws/tags.ts'
import { asideOf, refuseUnfit, successorOf } from './guards.ts'
import type { RdsCleanupStep } from './schema.ts'
import type { CleanupState } from './state.ts'

/** The final snapshot copies what is not in an earlier one. */
const LIMIT = 4 * 60 * 60_000
const VERIFY_LIMIT = 60_000

/** The database as it is. */
export async function history(step: RdsCleanupStep, { connection, signal }: CallContext<Aws>): Promise<Revision[]> {
  const found = await familyOf(step).required(connection, nameOf(step), signal)
  const details = { asideSince: asideOf(found)?.since.toISOString() ?? '' }
  return [{ id: found.id, title: found.name, current: true, verified: false, details }]
}

/** What would be deleted, why it may be, and what stays of it. Reads only. */
export async function plan(step: RdsCleanupStep, context: CallContext<Aws>): Promise<Plan<CleanupState>> {
  const { connection, signal, towards } = context
  if (towards)
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      'a deleted database comes back only as a restore of its final snapshot; restore that by hand',
    )
  const found = await familyOf(step).required(connection, nameOf(step), signal)
  refuseUnfit(step, found)
  const { id: resourceId, name: instance } = found
  const successor = await successorOf(step, connection, found, signal)
  const aside = asideOf(found)
  const shared = { resourceId, instance, snapshot: `${instance}-final`, aside: aside?.mark ?? '', successor }
  return {
    summary: `${instance} (${resourceId}) is deleted; snapshot ${shared.snapshot} and its automated backups stay`,
    // The lock of the promotion itself: a run that still stands keeps this one out.
    object: `aws/${connection.account}/${connection.region}/db/${resourceId}`,
    from: { ...shared, exists: true },
    to: { ...shared, exists: false },
    changes: [{ path: instance, from: resourceId, to: `snapshot ${shared.snapshot}` }],
    reversible: { because: 'a deleted database comes back only as a restore of its final snapshot' },
    warnings: [...owned(step, tagOf(found, 'aws:cloudformation:stack-name')), CONNECTIONS],
    limits: { apply: LIMIT, verify: VERIFY_LIMIT },
    data: true,
    impact: [
      `has stood aside since ${aside?.since.toISOString()}; ${successor} serves in its place`,
      'whoever still reads from it is cut off',
    ],
    lost: [`what was written to ${instance} and never came over is in the snapshot only`],
  }
}

/** The control plane does not tell who is connected. */
const CONNECTIONS: Warning = {
  code: 'CONNECTIONS_NOT_CHECKED',
  message: 'RDS does not tell who is connected: see that DatabaseConnections has been 0 for as long as you trust',
  confirm: true,
}

function owned(step: RdsCleanupStep, stack: string | undefined): Warning[] {
  const [{ force }, instance] = [step, nameOf(step)]
  if (stack === undefined) return []
  if (force) return [{ code: 'OWNED', message: `${instance} belongs to the stack ${stack}; forced: ${force.reason}` }]
  throw new UnwindError(
    'TARGET_OWNED',
    `${instance} belongs to the CloudFormation stack ${stack}, which would miss it; take it out of the stack (retain), or set force with a reason`,
  )
}
