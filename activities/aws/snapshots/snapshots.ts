import type { Aws } from '../connect.ts'
import type { Tag } from '@aws-sdk/client-rds'

/** A snapshot of either sort. */
export interface Snapshot {
  name: string
  arn: string
  /** Resource id of the database that it is of. */
  of: string
  status: string
  percent: number
  createdAt: Date | undefined
  TagList: Tag[]
}

/** How snapshots of one sort of database are read, taken and deleted. */
export interface Snapshots {
  /** What AWS calls the call that takes one. */
  readonly action: string
  read(aws: Aws, name: string, signal: AbortSignal): Promise<Snapshot | undefined>
  /** Manual ones of one database, in any order. */
  list(aws: Aws, resourceId: string, signal: AbortSignal): Promise<Snapshot[]>
  /** The code where AWS says that it is there already, or that its database is busy. */
  take(aws: Aws, of: string, name: string, tags: Tag[], signal: AbortSignal): Promise<string | undefined>
  /** The code where AWS says that it is gone, or being made. */
  remove(aws: Aws, name: string, signal: AbortSignal): Promise<string | undefined>
}
