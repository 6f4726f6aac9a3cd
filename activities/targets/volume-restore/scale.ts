import type { CallContext } from '../../../model/target.ts'
import { SCALED_BY, SCALED_FROM } from '../../kubernetes/scaled.ts'
import type { StatefulSet } from '../../kubernetes/volumes/objects.ts'
import { type Ground, patch } from '../../kubernetes/volumes/resources.ts'
import { podsOf } from '../../kubernetes/volumes/stateful-set.ts'

const SET = 'statefulsets.apps'

/** No pod of it: two pods, of the old volume and of the new one, must never write at once. Undefined once none is left. */
export async function emptied(ground: Ground, set: StatefulSet, context: CallContext): Promise<string | undefined> {
  const { metadata, spec, status } = set
  const replicas = spec.replicas ?? 1
  if (replicas > 0) {
    const annotations = { [SCALED_FROM]: String(replicas), [SCALED_BY]: markOf(context) }
    await patch<StatefulSet>(ground, SET, set, { metadata: { annotations }, spec: { replicas: 0 } })
    return `${metadata.name} is taken from ${replicas} replicas to zero`
  }
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return 'its controller has not seen the change yet'
  const pods = await podsOf(ground, set)
  if (pods.length === 0) return undefined
  const names = pods.slice(0, 5).map((pod) => pod.metadata.name)
  return `${pods.length} pods of ${metadata.name} have not ended yet: ${names.join(', ')}`
}

/** As many replicas as this step took away; a number that somebody has set meanwhile stays. */
export async function filled(ground: Ground, set: StatefulSet, context: CallContext): Promise<string | undefined> {
  const { annotations = {}, name } = set.metadata
  if (annotations[SCALED_BY] !== markOf(context)) return undefined
  const replicas = set.spec.replicas || Number(annotations[SCALED_FROM] ?? 1)
  const metadata = { annotations: { [SCALED_FROM]: null, [SCALED_BY]: null } }
  await patch<StatefulSet>(ground, SET, set, { metadata, spec: { replicas } })
  return `${name} is brought back to ${replicas} replicas`
}

/** The step too: one that finds the StatefulSet at zero by an earlier step of its run leaves it there. */
function markOf({ rollbackId, stepId }: CallContext): string {
  return `${rollbackId} ${stepId}`
}
