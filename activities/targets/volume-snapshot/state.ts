import { z } from 'zod'
import { UnwindError } from '../../../model/errors.ts'
import type { State } from '../../../model/target.ts'

/** A claim by name and uid, the snapshot of it, and by which class it is taken. */
export interface Taken {
  claim: string
  uid: string
  snapshot: string
  class: string
}

/** Snapshots of a StatefulSet's claims; `kept` once they were taken and while their run stands. */
export interface SnapshotState extends State {
  uid: string
  snapshots: Taken[]
  kept: boolean
}

const Recorded = z.object({
  uid: z.string(),
  snapshots: z.array(z.object({ claim: z.string(), uid: z.string(), snapshot: z.string(), class: z.string() })),
  kept: z.boolean(),
})

/** A state that an earlier run recorded. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): SnapshotState {
  const read = Recorded.safeParse(state)
  if (read.success) return read.data
  throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of snapshots of volumes')
}
