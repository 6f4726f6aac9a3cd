import type { State } from '../../../model/target.ts'

/** An instance that stands aside, or its final snapshot in its place. */
export interface CleanupState extends State {
  resourceId: string
  instance: string
  /** The final snapshot that a deletion leaves. */
  snapshot: string
  /** The mark of the promotion that moved it aside: another mark is another story. */
  aside: string
  /** Resource id of the instance that serves in its place. */
  successor: string
  exists: boolean
}
