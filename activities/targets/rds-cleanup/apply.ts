import { type DBInstance, DeleteDBInstanceCommand } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import { byId, modify, tagOf } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { asideOf, refuseUnfit, successorOf } from './guards.ts'
import type { RdsCleanupStep } from './schema.ts'
import type { CleanupState } from './state.ts'

/** One step onwards: the protection is taken off, then the instance is deleted; every guard is looked at again before each. */
export async function apply(
  step: RdsCleanupStep,
  { to }: Move<CleanupState>,
  context: CallContext<Aws>,
): Promise<{ state: CleanupState } | Again> {
  const { connection, signal } = context
  if (to.exists)
    throw new UnwindError('TARGET_REJECTED', `${to.instance} is deleted; restore its snapshot ${to.snapshot} by hand`)
  const found = await byId(connection, to.resourceId, signal)
  if (!found) return { state: to }
  const { DBInstanceIdentifier: name = '', DBInstanceStatus: status } = found
  if (status === 'deleting') return { again: connection.poll, doing: `${name} is being deleted` }
  await refuseChanged(step, found, to, context)
  if (status !== 'available')
    return { again: connection.poll, doing: `${name} is ${status}; waits until it is available` }
  if (found.DeletionProtection) {
    await modify(connection, found, { DeletionProtection: false }, signal)
    return { again: connection.poll, doing: `takes the protection from ${name}` }
  }
  return remove(found, to, context)
}

/** By default a deletion takes the automated backups along (API_DeleteDBInstance): here they stay. */
async function remove(found: DBInstance, to: CleanupState, { connection, signal }: CallContext<Aws>): Promise<Again> {
  const { DBInstanceIdentifier: name = '' } = found
  const command = new DeleteDBInstanceCommand({
    DBInstanceIdentifier: name,
    FinalDBSnapshotIdentifier: to.snapshot,
    DeleteAutomatedBackups: false,
  })
  const answer = await ask(
    { action: 'rds:DeleteDBInstance', of: name },
    () => connection.rds.send(command, { abortSignal: signal }),
    ...(['DBInstanceNotFound', 'InvalidDBInstanceState'] as const),
  )
  const doing = isCode(answer)
    ? `AWS says ${answer.code}; looks again`
    : `deletes ${name}, with snapshot ${to.snapshot}`
  return { again: connection.poll, doing }
}

/** Whoever has taken the instance up again, or given it another name, has changed what was agreed to. */
async function refuseChanged(
  step: RdsCleanupStep,
  found: DBInstance,
  to: CleanupState,
  { connection, signal }: CallContext<Aws>,
): Promise<void> {
  const { DBInstanceIdentifier: name } = found
  const same = name === to.instance && asideOf(found)?.mark === to.aside && tagOf(found, TAGS.serves) === undefined
  const successor = same ? await successorOf(connection, found, signal) : ''
  if (same && successor === to.successor) return refuseUnfit(step, found)
  throw new UnwindError(
    'PLAN_STALE',
    `${to.instance} (${to.resourceId}) is ${name} now, or has other marks than when it was planned; it is kept. Plan again`,
    { untouched: true },
  )
}
