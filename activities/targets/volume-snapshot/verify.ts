import type { CallContext, Verdict } from '../../../model/target.ts'
import { expanded } from '../../run-names.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { MARKS } from '../../kubernetes/volumes/marks.ts'
import type { Snapshot } from '../../kubernetes/volumes/objects.ts'
import { find } from '../../kubernetes/volumes/resources.ts'
import { groundOf, spotOf } from '../../kubernetes/volumes/stateful-set.ts'
import { SNAPSHOTS } from './apply.ts'
import { RIGHTS } from './plan.ts'
import type { VolumeSnapshotStep } from './schema.ts'
import type { SnapshotState, Taken } from './state.ts'

/** Whether every snapshot is there, of the right claim, and can be restored from. */
export async function verify(
  step: VolumeSnapshotStep,
  state: SnapshotState,
  context: CallContext<Cluster>,
): Promise<Verdict> {
  const ground = groundOf(spotOf(step), context, RIGHTS)
  await context.connection.identity(context.signal)
  const looks = state.snapshots.map(async (taken) => {
    const name = expanded(taken.snapshot, context.rollbackId)
    return judged(taken, name, await find<Snapshot>(ground, SNAPSHOTS, name))
  })
  const seen = await Promise.all(looks)
  const wrong = seen.filter(({ good, kept }) => (state.kept ? !good : kept))
  const facts = { snapshots: seen.slice(0, 20).map(({ name, takenAt }) => ({ name, takenAt })) }
  const summary = (wrong.length > 0 ? wrong : seen)
    .slice(0, 5)
    .map(({ said }) => said)
    .join('; ')
  return { status: wrong.length > 0 ? 'fail' : 'pass', evidence: { summary, facts } }
}

function judged({ claim, uid }: Taken, name: string, there: Snapshot | undefined) {
  if (!there) return { name, takenAt: '', good: false, kept: false, said: `there is no snapshot ${name} of ${claim}` }
  const { annotations = {} } = there.metadata
  const { readyToUse = false, creationTime: takenAt = '' } = there.status ?? {}
  const released = annotations[MARKS.released] !== undefined
  const ours = annotations[MARKS.claimUid] === uid
  const what = ours ? (readyToUse ? `ready, taken at ${takenAt}` : 'not ready') : 'not of the claim that was planned'
  const said = `snapshot ${name} of ${claim} is ${what}${released ? ', no longer needed' : ''}`
  return { name, takenAt, good: ours && readyToUse && !released, kept: ours && !released, said }
}
