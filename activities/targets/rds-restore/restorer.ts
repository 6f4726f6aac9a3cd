import type { Tag } from '@aws-sdk/client-rds'
import type { Again, CallContext, Warning } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import type { Held } from '../../aws/held.ts'

type Reach = Pick<CallContext<Aws>, 'connection' | 'signal'>

/** From when to when a database can be restored. */
export interface Window {
  earliest: Date
  latest: Date
}

/** What is to be made of a source. */
export interface Order {
  source: Held
  name: string
  moment: Date
  /** Security groups that it is born with. */
  groups: string[]
  tags: Tag[]
}

/** How databases of one sort are restored, and made like their source. */
export interface Restorer {
  /** What is the matter with a source that can't be restored; undefined where nothing is. */
  unfit(source: Held): string | undefined
  /** Undefined where there are no automated backups. */
  window(source: Held, reach: Reach): Promise<Window | undefined>
  /** Its size in words. */
  size(source: Held): string
  /** What a restore leaves out that nobody can set. */
  warnings(source: Held): Warning[]
  /** Hash of every setting that the new one gets. */
  settings(source: Held): string
  differences(source: Held, candidate: Held): string[]
  /** Sends the restore; false where AWS says that one of that name is there. */
  make(order: Order, reach: Reach): Promise<boolean>
  /** One change towards a candidate that is whole, at rest and like its source; undefined once it is. */
  complete(source: Held | undefined, candidate: Held, tags: Tag[], reach: Reach): Promise<Again | undefined>
}
