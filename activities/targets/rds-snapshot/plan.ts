import type { DBInstance } from '@aws-sdk/client-rds'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { required } from '../../aws/instances.ts'
import { derived } from '../../aws/names.ts'
import type { RdsSnapshotStep } from './schema.ts'
import { parseState, type SnapshotState, snapshotsOf } from './snapshots.ts'

/** A first snapshot copies everything: hours for terabytes. Later ones are incremental (UserGuide, USER_CreateSnapshot). */
const LIMIT = 4 * 60 * 60_000
const READ_LIMIT = 60_000

/** The snapshots that there are, the latest first. */
export async function history(step: RdsSnapshotStep, context: CallContext<Aws>): Promise<Revision[]> {
  const { connection, signal } = context
  const { DbiResourceId = '' } = await required(connection, step.instance, signal)
  const found = await snapshotsOf(connection, DbiResourceId, signal)
  return found.slice(0, 50).map(({ DBSnapshotIdentifier = '', SnapshotCreateTime, Status = '' }) => ({
    ...{ id: DBSnapshotIdentifier, title: DBSnapshotIdentifier, current: false, verified: false },
    ...(SnapshotCreateTime && { createdAt: SnapshotCreateTime.toISOString() }),
    details: { status: Status },
  }))
}

/** What would be taken, under which name. Reads only. */
export async function plan(step: RdsSnapshotStep, context: CallContext<Aws>): Promise<Plan<SnapshotState>> {
  const { connection, signal, towards } = context
  const { account, region } = connection
  const source = await required(connection, step.instance, signal)
  const { DbiResourceId: resourceId = '', DBInstanceStatus: status } = source
  const base = {
    object: `aws/${account}/${region}/db/${resourceId}/snapshot`,
    limits: { apply: LIMIT, verify: READ_LIMIT },
    reversible: true as const,
    warnings: [],
  }
  if (towards) return { ...base, ...back(parseState(towards)) }
  if (status !== 'available')
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `${step.instance} is ${status}, and AWS takes a snapshot of an available instance only; wait, or leave the step out with a reason`,
    )
  if (context.drill) return { ...base, ...drilled(step, source) }
  const snapshot = step.name?.toLowerCase() ?? derived(step.instance.toLowerCase(), 'pre')
  const still = `${step.instance}: its I/O stands still for seconds when the snapshot begins`
  return {
    ...base,
    summary: `${step.instance} (${resourceId}) → snapshot ${snapshot}`,
    from: { resourceId, snapshot, kept: false },
    to: { resourceId, snapshot, kept: true },
    changes: [{ path: 'snapshot', to: snapshot }],
    ...(standsStill(source) && { impact: [still] }),
  }
}

/** Under a name of the run's own; left out where taking it would be felt by whoever the instance serves. */
function drilled({ instance }: RdsSnapshotStep, source: DBInstance): Moves {
  const { DbiResourceId: resourceId = '' } = source
  const snapshot = derived(instance.toLowerCase(), 'pre')
  const from = { resourceId, snapshot, kept: false }
  if (standsStill(source)) {
    const summary = `no snapshot of ${instance} (${resourceId}) in a drill: its I/O would stand still`
    return { summary, from, to: from, changes: [] }
  }
  const summary = `${instance} (${resourceId}) → snapshot ${snapshot}, until the end of the drill`
  return { summary, from, to: { ...from, kept: true }, changes: [{ path: 'snapshot', to: snapshot }] }
}

/** With a standby the snapshot is taken there, except with SQL Server (UserGuide, USER_WorkingWithAutomatedBackups). */
function standsStill({ MultiAZ, Engine = '' }: DBInstance): boolean {
  return !MultiAZ || Engine.startsWith('sqlserver')
}

type Moves = Pick<Plan<SnapshotState>, 'summary' | 'from' | 'to' | 'changes'>

/** What an earlier run took is kept: it never expires, and whoever deletes it should have looked. */
function back(state: SnapshotState): Moves {
  const there = { ...state, kept: false }
  return { summary: 'nothing to do: the snapshot is kept', from: there, to: there, changes: [] }
}
