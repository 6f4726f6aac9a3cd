import type { Aws } from './connect.ts'
import type { Held } from './held.ts'

/** How databases of one sort are read and changed. */
export interface Family {
  /** What people call one. */
  readonly word: 'instance' | 'cluster'
  /** By what it is called now; undefined where none is, which is also so in the midst of a rename. */
  byName(aws: Aws, name: string, signal: AbortSignal): Promise<Held | undefined>
  /** By its resource id, which never changes. */
  byId(aws: Aws, id: string, signal: AbortSignal): Promise<Held | undefined>
  /** The one that a step names. Throws TARGET_NOT_FOUND. */
  required(aws: Aws, name: string, signal: AbortSignal): Promise<Held>
  /** Changes one at once: `busy` where AWS does not take it in its present state, `taken` where a new name is another's. */
  change(aws: Aws, held: Held, change: Change, signal: AbortSignal): Promise<Sent>
}

/** What steps change of a database of either sort. */
export interface Change {
  name?: string
  groups?: string[]
  guarded?: boolean
}

export type Sent = 'sent' | 'busy' | 'gone' | 'taken'
