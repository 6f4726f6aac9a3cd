import { z } from 'zod'
import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'

/** Which volume a claim of the StatefulSet has: by its name, or before it is made by the snapshot that it is made of. */
export interface Serving {
  claim: string
  volume?: string | undefined
  snapshot?: { name: string; uid: string; takenAt: string } | undefined
}

/** The volumes of a StatefulSet. */
export interface RestoreState extends State {
  uid: string
  claims: Serving[]
  /** Seconds of writes between the oldest snapshot and the moment when its claim changed hands. */
  lossSeconds?: number
}

const Recorded = z.object({
  uid: z.string(),
  claims: z.array(
    z.object({
      claim: z.string(),
      volume: z.string().optional(),
      snapshot: z.object({ name: z.string(), uid: z.string(), takenAt: z.string() }).optional(),
    }),
  ),
})

/** A state that an earlier run recorded. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): RestoreState {
  const read = Recorded.safeParse(state)
  if (read.success) return read.data
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of the volumes of a StatefulSet')
}
