import type { CallContext, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { tagOf } from '../../aws/tags.ts'
import { TAGS } from '../../aws/names.ts'
import { snapshotsFor } from '../../aws/snapshots/sort.ts'
import { expanded } from '../../run-names.ts'
import type { RdsSnapshotStep } from './schema.ts'
import { type SnapshotState } from './state.ts'

/** Whether the snapshot is there, of the right database, and can be restored from. */
export async function verify(
  step: RdsSnapshotStep,
  state: SnapshotState,
  { connection, rollbackId, signal }: CallContext<Aws>,
): Promise<Verdict> {
  const name = expanded(state.snapshot, rollbackId)
  const found = await snapshotsFor(step).read(connection, name, signal)
  const released = found !== undefined && tagOf(found, TAGS.released) !== undefined
  const good = found?.status === 'available' && found.of === state.resourceId && !released
  const passes = state.kept ? good : !found || released
  const summary = found
    ? `snapshot ${name} of ${found.of} is ${found.status}${released ? ', no longer needed' : ''}`
    : `there is no snapshot ${name}`
  return {
    status: passes ? 'pass' : 'fail',
    evidence: { summary, facts: { snapshot: name, resourceId: state.resourceId } },
  }
}
