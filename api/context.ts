import type { KeyObject } from 'node:crypto'
import type { Client, Connection } from '@temporalio/client'
import { kinds } from '../activities/schemas.ts'
import type { Configuration } from '../model/configuration.ts'
import { TASK_QUEUE } from '../model/ids.ts'
import type { Kinds } from '../model/request.ts'

/** What the parts of the API share. Nothing here changes while the process lives. */
export interface Api {
  readonly configuration: Configuration
  readonly client: Client
  readonly connection: Connection
  readonly taskQueue: string
  readonly kinds: Kinds
  /** The API's private key; without one, messages go unsigned and a run takes only pause and retry. */
  readonly signingKey?: KeyObject
}

/** What `buildApi` is given. `client` and `connection` belong to the caller, who closes them. */
export interface ApiOptions {
  configuration: Configuration
  client: Client
  connection: Connection
  signingKey?: KeyObject | undefined
}

export function contextOf({ configuration, client, connection, signingKey }: ApiOptions): Api {
  const taskQueue = configuration.temporal?.taskQueue ?? TASK_QUEUE
  return { configuration, client, connection, taskQueue, kinds, ...(signingKey && { signingKey }) }
}
