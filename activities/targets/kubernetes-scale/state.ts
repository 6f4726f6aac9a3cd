import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'

/** A number of pods; of a CronJob or a Job, whether it starts any. */
export type Scale = number | 'suspended' | 'scheduled'

/** What Unwind knows of a workload's scale. */
export interface ScaleState extends State {
  uid: string
  /** `autoscaled`: whatever number its autoscaler has chosen, which changes by itself and is read when it is taken away. */
  scale: Scale | 'autoscaled'
  /** What was there before it was taken to zero: what `before` goes back to. */
  before?: ScaleState['scale']
}

/** A state that an earlier run or step recorded, or INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): ScaleState {
  const { uid, scale, before } = state
  if (typeof uid === 'string' && isScale(scale) && (before === undefined || isScale(before)))
    return { uid, scale, ...(before !== undefined && { before }) }
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of the scale of a Kubernetes workload')
}

function isScale(value: unknown): value is ScaleState['scale'] {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0
  return value === 'suspended' || value === 'scheduled' || value === 'autoscaled'
}

/** What a mark on the object says, as `parseMark` reads it again. */
export function written(scale: Scale): string {
  return String(scale)
}

/** The scale that a mark remembers; undefined for what nobody of ours wrote. */
export function parseMark(text: string | undefined): Scale | undefined {
  if (text === 'suspended' || text === 'scheduled') return text
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** As people read it: 3 pods, 1 pod, suspended. */
export function spoken(scale: ScaleState['scale']): string {
  if (scale === 'autoscaled') return 'as many pods as its autoscaler has chosen'
  if (typeof scale === 'string') return scale
  return scale === 1 ? '1 pod' : `${scale} pods`
}
