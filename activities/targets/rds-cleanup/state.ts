import type { State } from '../../../model/target.ts'

/** A database that stands aside, or its final snapshot in its place. */
export interface CleanupState extends State {
  resourceId: string
  /** Its name: of an instance, or of a cluster. */
  instance: string
  /** The final snapshot that a deletion leaves. */
  snapshot: string
  /** The mark of the promotion that moved it aside: another mark is another story. */
  aside: string
  /** Resource id of what serves in its place. */
  successor: string
  exists: boolean
}
