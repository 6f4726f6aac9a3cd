import type { CallContext, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { tagOf } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { expanded } from '../../run-names.ts'
import type { RdsSnapshotStep } from './schema.ts'
import { readSnapshot, type SnapshotState } from './snapshots.ts'

/** Whether the snapshot is there, of the right instance, and can be restored from. */
export async function verify(
  _step: RdsSnapshotStep,
  state: SnapshotState,
  { connection, rollbackId, signal }: CallContext<Aws>,
): Promise<Verdict> {
  const name = expanded(state.snapshot, rollbackId)
  const found = await readSnapshot(connection, name, signal)
  const released = found !== undefined && tagOf(found, TAGS.released) !== undefined
  const good = found?.Status === 'available' && found.DbiResourceId === state.resourceId && !released
  const passes = state.kept ? good : !found || released
  const summary = found
    ? `snapshot ${name} of ${found.DbiResourceId} is ${found.Status}${released ? ', no longer needed' : ''}`
    : `there is no snapshot ${name}`
  return {
    status: passes ? 'pass' : 'fail',
    evidence: { summary, facts: { snapshot: name, resourceId: state.resourceId } },
  }
}
