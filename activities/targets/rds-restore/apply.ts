import { type DBInstance, DeleteDBInstanceCommand, RebootDBInstanceCommand } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import { completing } from '../../aws/attributes.ts'
import type { Aws } from '../../aws/connect.ts'
import { ask, isCode } from '../../aws/faults.ts'
import { byId, byName, modify, tagOf } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { unsettled } from '../../aws/settled.ts'
import { expanded, runName } from '../../run-names.ts'
import { create } from './create.ts'
import type { RdsRestoreStep } from './schema.ts'
import type { RestoreState } from './state.ts'

type Outcome = { state: RestoreState } | Again

/** One step onwards: one call that changes something at most. Reads first; an answer that was lost is found by reading. */
export async function apply(
  step: RdsRestoreStep,
  move: Move<RestoreState>,
  context: CallContext<Aws>,
): Promise<Outcome> {
  const { connection, rollbackId, signal } = context
  const to = { ...move.to, candidate: expanded(move.to.candidate, rollbackId) }
  const id = move.from.resourceId
  const found = id ? await byId(connection, id, signal) : await byName(connection, to.candidate, signal)
  if (!to.exists) return remove(found, to, context)
  if (!found) return create(step, to, context)
  refuseForeign(found, to, context)
  return complete(found, to, context)
}

/** An instance of that name which this run did not make is nobody's to use. */
function refuseForeign(found: DBInstance, { candidate }: RestoreState, { rollbackId }: CallContext<Aws>): void {
  if (tagOf(found, TAGS.run) === runName(rollbackId)) return
  throw new UnwindError(
    'TARGET_REJECTED',
    `an instance ${candidate} (${found.DbiResourceId}) is there already, and this rollback did not make it; give the step another name`,
  )
}

/** What the restore call can't set is set afterwards; a parameter group that waits for a reboot gets one. */
async function complete(candidate: DBInstance, to: RestoreState, context: CallContext<Aws>): Promise<Outcome> {
  const { connection, signal } = context
  const waiting = unsettled(connection, candidate, to.candidate)
  if (waiting) return waiting
  const source = await byId(connection, to.source, signal)
  const change = source ? completing(source, candidate) : {}
  if (Object.keys(change).length > 0) {
    await modify(connection, candidate, change, signal)
    return { again: connection.poll, doing: `sets on ${to.candidate} what a restore does not carry over` }
  }
  if (candidate.DBParameterGroups?.some(({ ParameterApplyStatus }) => ParameterApplyStatus === 'pending-reboot')) {
    await reboot(connection, to.candidate, signal)
    return { again: connection.poll, doing: `reboots ${to.candidate}, so that its parameter group applies` }
  }
  const { DbiResourceId: resourceId = '', Endpoint } = candidate
  const restoredTo = tagOf(candidate, TAGS.restoredTo) ?? to.at
  const address = Endpoint?.Address ?? ''
  return { state: { ...to, resourceId, identifier: to.candidate, restoredTo, address, port: Endpoint?.Port ?? 0 } }
}

async function reboot(aws: Aws, name: string, signal: AbortSignal): Promise<void> {
  const command = new RebootDBInstanceCommand({ DBInstanceIdentifier: name })
  const what = { action: 'rds:RebootDBInstance', of: name }
  await ask(what, () => aws.rds.send(command, { abortSignal: signal }), 'InvalidDBInstanceState')
}

/** The way back deletes what this run made, and only as long as nothing is served from it. */
async function remove(found: DBInstance | undefined, to: RestoreState, context: CallContext<Aws>): Promise<Outcome> {
  const { connection, signal } = context
  if (!found) return { state: to }
  const { DbiResourceId: id, DBInstanceIdentifier: name = '', DBInstanceStatus: status } = found
  const serves = tagOf(found, TAGS.serves)
  if (name !== to.candidate || serves !== undefined)
    throw new UnwindError(
      'TARGET_REJECTED',
      `${name} (${id}) serves ${serves ?? name} now and is not deleted; take the promotion back first`,
    )
  refuseForeign(found, to, context)
  if (status === 'deleting') return { again: connection.poll, doing: `${name} is being deleted` }
  if (found.DeletionProtection) {
    await modify(connection, found, { DeletionProtection: false }, signal)
    return { again: connection.poll, doing: `takes the protection from ${name}` }
  }
  // What applications have written to it while it stood in the old one's place can be looked up there.
  const last =
    tagOf(found, TAGS.served) === undefined
      ? { SkipFinalSnapshot: true }
      : { FinalDBSnapshotIdentifier: `${name}-final` }
  const command = new DeleteDBInstanceCommand({ DBInstanceIdentifier: name, ...last })
  const answer = await ask(
    { action: 'rds:DeleteDBInstance', of: name },
    () => connection.rds.send(command, { abortSignal: signal }),
    ...(['DBInstanceNotFound', 'InvalidDBInstanceState'] as const),
  )
  return { again: connection.poll, doing: isCode(answer) ? `AWS says ${answer.code}; looks again` : `deletes ${name}` }
}
