import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { MARKS } from '../../kubernetes/volumes/marks.ts'
import type { Claim, StatefulSet, Volume } from '../../kubernetes/volumes/objects.ts'
import { find, type Ground } from '../../kubernetes/volumes/resources.ts'
import { groundOf, spotOf } from '../../kubernetes/volumes/stateful-set.ts'
import { RIGHTS } from './plan.ts'
import type { VolumeRestoreStep } from './schema.ts'
import type { RestoreState, Serving } from './state.ts'

const LOOK = 1_000

/** Is every claim bound to the volume that it shall have, and is every pod of the StatefulSet ready? */
export async function verify(
  step: VolumeRestoreStep,
  state: RestoreState,
  context: CallContext<Cluster>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const spot = spotOf(step)
  const ground = groundOf(spot, context, RIGHTS)
  const [set] = await Promise.all([
    find<StatefulSet>(ground, 'statefulsets.apps', spot.name),
    context.connection.identity(context.signal),
  ])
  if (set?.metadata.uid !== state.uid)
    return verdict('fail', `${spot.workload} is not there any more, or was made anew`)
  const seen = await Promise.all(state.claims.map((one) => judged(ground, one)))
  const facts = { ...(state.lossSeconds !== undefined && { lossSeconds: state.lossSeconds }) }
  const wrong = seen.filter(({ good }) => !good)
  const said = (wrong.length > 0 ? wrong : seen).slice(0, 5).map((one) => one.said)
  if (wrong.length > 0) return verdict('fail', said.join('; '), facts)
  const wanted = set.spec.replicas ?? 1
  const ready = set.status?.readyReplicas ?? 0
  const observed = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 0)
  const pods = wanted === 0 ? 'it is at zero, as it was before' : `${ready} of ${wanted} pods are ready`
  if (observed && ready >= wanted) return verdict('pass', `${said.join('; ')}; ${pods}`, facts)
  const doing = `${spot.workload}: ${pods}`
  return { again: LOOK, doing, evidence: { summary: doing, facts } }
}

async function judged(ground: Ground, { claim, volume, snapshot }: Serving): Promise<{ good: boolean; said: string }> {
  const found = await find<Claim>(ground, 'persistentvolumeclaims', claim)
  const name = found?.spec.volumeName
  if (!found || !name) return { good: false, said: `claim ${claim} is not there, or has no volume` }
  const has = await find<Volume>(ground, 'persistentvolumes', name)
  const right = volume
    ? name === volume
    : snapshot !== undefined && has?.metadata.annotations?.[MARKS.restoredFrom] === snapshot.uid
  const bound = found.status?.phase === 'Bound' && has?.spec.claimRef?.uid === found.metadata.uid
  const of = snapshot ? ` of snapshot ${snapshot.name} (${snapshot.takenAt})` : ''
  if (right && bound) return { good: true, said: `claim ${claim} is bound to ${name}${of}` }
  const what = right ? `not bound to ${name}` : `on volume ${name}, not on ${volume ?? 'a new one'}${of}`
  return { good: false, said: `claim ${claim} is ${what}` }
}

function verdict(status: Verdict['status'], summary: string, facts: Record<string, unknown> = {}): Verdict {
  return { status, evidence: { summary, facts } }
}
