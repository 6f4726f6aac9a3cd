import type { KeyObject } from 'node:crypto'
import type { Client, Connection } from '@temporalio/client'
import { z } from 'zod'
import { type Archive, openArchive } from '../activities/archive/index.ts'
import { kinds as knownKinds } from '../activities/schemas.ts'
import type { Configuration } from '../model/configuration.ts'
import { TASK_QUEUE } from '../model/ids.ts'
import type { LoadedRunbook } from '../model/runbook/loaded.ts'
import { type Kinds, rollbackRequest } from '../model/request.ts'
import { RollbackRequest } from './schemas/parameters.ts'

/** What the parts of the API share. Nothing here changes while the process lives. */
export interface Api {
  readonly configuration: Configuration
  readonly client: Client
  readonly connection: Connection
  readonly taskQueue: string
  readonly kinds: Kinds
  /** Where reports are that Temporal has forgotten; undefined where none is configured. */
  readonly archive?: Archive
  /** What a rollback with these kinds of steps is asked for with. */
  readonly request: typeof RollbackRequest
  /** Reads the runbooks that are configured, by name; undefined where none are. */
  readonly runbooks?: () => Promise<ReadonlyMap<string, LoadedRunbook>>
  /** The API's private key; without one, messages go unsigned and a run takes only pause and retry. */
  readonly signingKey?: KeyObject
}

/** What `buildApi` is given. `client` and `connection` belong to the caller, who closes them. */
export interface ApiOptions {
  configuration: Configuration
  client: Client
  connection: Connection
  signingKey?: KeyObject | undefined
  /** Kinds of steps; those of `activities/schemas.ts` unless given. */
  kinds?: Kinds
  /** Reads the runbooks, by name. */
  runbooks?: Api['runbooks']
}

export function contextOf(options: ApiOptions): Api {
  const { configuration, client, connection, signingKey, kinds = knownKinds, runbooks } = options
  const taskQueue = configuration.temporal?.taskQueue ?? TASK_QUEUE
  const request = kinds === knownKinds ? RollbackRequest : requestOf(kinds)
  const archive = openArchive(configuration.archive)
  const shared = { configuration, client, connection, taskQueue, kinds, request }
  return { ...shared, ...(archive && { archive }), ...(runbooks && { runbooks }), ...(signingKey && { signingKey }) }
}

function requestOf(kinds: Kinds): typeof RollbackRequest {
  const [first, ...others] = Object.values(kinds).map(({ schema }) => schema)
  if (!first) throw new Error('an API needs at least one kind of step')
  return rollbackRequest(z.discriminatedUnion('kind', [first, ...others])) as unknown as typeof RollbackRequest
}
