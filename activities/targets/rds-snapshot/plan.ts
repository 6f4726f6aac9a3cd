import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import { derived } from '../../aws/names.ts'
import type { Snapshot } from '../../aws/snapshots/snapshots.ts'
import { snapshotsFor } from '../../aws/snapshots/sort.ts'
import type { RdsSnapshotStep } from './schema.ts'
import { parseState, type SnapshotState } from './state.ts'

/** A first snapshot copies everything: hours for terabytes. Later ones are incremental (UserGuide, USER_CreateSnapshot). */
const LIMIT = 4 * 60 * 60_000
const READ_LIMIT = 60_000

/** The snapshots that there are, the latest first. */
export async function history(step: RdsSnapshotStep, context: CallContext<Aws>): Promise<Revision[]> {
  const { connection, signal } = context
  const { id } = await familyOf(step).required(connection, nameOf(step), signal)
  const found = (await snapshotsFor(step).list(connection, id, signal)).toSorted((a, b) => madeAt(b) - madeAt(a))
  return found.slice(0, 50).map(({ name, createdAt, status }) => ({
    ...{ id: name, title: name, current: false, verified: false },
    ...(createdAt && { createdAt: createdAt.toISOString() }),
    details: { status },
  }))
}

function madeAt({ createdAt }: Snapshot): number {
  return createdAt?.getTime() ?? Number.POSITIVE_INFINITY
}

/** What would be taken, under which name. Reads only. */
export async function plan(step: RdsSnapshotStep, context: CallContext<Aws>): Promise<Plan<SnapshotState>> {
  const { connection, signal, towards } = context
  const { account, region } = connection
  const source = await familyOf(step).required(connection, nameOf(step), signal)
  const { id: resourceId, status, name } = source
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
      `${name} is ${status}, and AWS takes a snapshot only of what is available; wait, or leave the step out with a reason`,
    )
  if (context.drill) return { ...base, ...drilled(source) }
  const snapshot = step.name?.toLowerCase() ?? derived(name, 'pre')
  const still = `${name}: its I/O stands still for seconds when the snapshot begins`
  return {
    ...base,
    summary: `${name} (${resourceId}) → snapshot ${snapshot}`,
    from: { resourceId, snapshot, kept: false },
    to: { resourceId, snapshot, kept: true },
    changes: [{ path: 'snapshot', to: snapshot }],
    ...(standsStill(source) && { impact: [still] }),
  }
}

/** Under a name of the run's own; left out where taking it would be felt by whoever the database serves. */
function drilled(source: Held): Moves {
  const { id: resourceId, name } = source
  const snapshot = derived(name, 'pre')
  const from = { resourceId, snapshot, kept: false }
  if (standsStill(source)) {
    const summary = `no snapshot of ${name} (${resourceId}) in a drill: its I/O would stand still`
    return { summary, from, to: from, changes: [] }
  }
  const summary = `${name} (${resourceId}) → snapshot ${snapshot}, until the end of the drill`
  return { summary, from, to: { ...from, kept: true }, changes: [{ path: 'snapshot', to: snapshot }] }
}

/**
 * With a standby the snapshot is taken there, except with SQL Server (UserGuide, USER_WorkingWithAutomatedBackups); one of
 * Aurora is of its storage and is not felt (AuroraUserGuide, Aurora.Managing.Backups: "no performance impact or interruption").
 */
function standsStill({ seen }: Held): boolean {
  if ('cluster' in seen) return false
  const { MultiAZ, Engine = '' } = seen.instance
  return !MultiAZ || Engine.startsWith('sqlserver')
}

type Moves = Pick<Plan<SnapshotState>, 'summary' | 'from' | 'to' | 'changes'>

/** What an earlier run took is kept: it never expires, and whoever deletes it should have looked. */
function back(state: SnapshotState): Moves {
  const there = { ...state, kept: false }
  return { summary: 'nothing to do: the snapshot is kept', from: there, to: there, changes: [] }
}
