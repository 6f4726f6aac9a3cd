import type { CallContext, Verdict } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { requireObject, spotOf } from './object.ts'
import type { KubernetesConfigStep } from './schema.ts'
import { type ConfigState, copyOf, isAt } from './state.ts'

/** Whether the object holds what the copy of the state holds. */
export async function verify(
  step: KubernetesConfigStep,
  state: ConfigState,
  { connection, signal }: CallContext<Cluster>,
): Promise<Verdict> {
  const spot = spotOf(step)
  const [{ object }, copy] = await Promise.all([
    requireObject(connection, spot, signal),
    copyOf(connection, spot, state, signal),
  ])
  const good = isAt(object, state, copy)
  const why = good || copy ? '' : ', which is not there any more'
  const summary = `${spot.title} in ${spot.namespace} ${good ? 'holds' : 'does not hold'} what ${state.copy} keeps${why}`
  return { status: good ? 'pass' : 'fail', evidence: { summary, facts: { copy: state.copy } } }
}
