import type { KeyObject } from 'node:crypto'
import type { Client, Connection } from '@temporalio/client'
import { z } from 'zod'
import { type Archive, openArchive } from '../activities/archive/index.ts'
import { measurements } from '../activities/checks/schemas.ts'
import { RunbookDocument } from '../activities/runbook.ts'
import { kinds as knownKinds } from '../activities/schemas.ts'
import { type Library, readRunbooks } from '../config/runbooks/library.ts'
import type { Configuration } from '../model/configuration.ts'
import { TASK_QUEUE } from '../model/ids.ts'
import { type Kinds, rollbackRequest, RunbookRequest } from '../model/request.ts'
import { runbookDocument, type RunbookSchema } from '../model/runbook/document.ts'
import { AskedRequest } from './schemas/parameters.ts'
import type { GrafanaSecret } from './triggers/signature.ts'

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
  readonly request: typeof AskedRequest
  /** A runbook with these kinds of steps. */
  readonly runbook: RunbookSchema
  /** Reads the runbooks that are configured, by name; undefined where none are. */
  readonly runbooks?: () => Promise<Library['runbooks']>
  /** Reads them with the files that can't be read. Throws NOT_FOUND where no runbooks are configured. */
  readonly library: () => Promise<Library>
  /** The API's private key; without one, messages go unsigned and a run takes only pause and retry. */
  readonly signingKey?: KeyObject
  /** What Grafana signs its webhooks with; undefined where none is configured. */
  readonly grafana?: GrafanaSecret
}

/** What `buildApi` is given. `client` and `connection` belong to the caller, who closes them. */
export interface ApiOptions {
  configuration: Configuration
  client: Client
  connection: Connection
  signingKey?: KeyObject | undefined
  grafana?: GrafanaSecret | undefined
  /** Kinds of steps; those of `activities/schemas.ts` unless given. */
  kinds?: Kinds
  /** Reads the runbooks, by name; those of the configuration unless given. */
  runbooks?: Api['runbooks']
}

export function contextOf(options: ApiOptions): Api {
  const { configuration, client, connection, signingKey, grafana, kinds = knownKinds } = options
  const taskQueue = configuration.temporal?.taskQueue ?? TASK_QUEUE
  const [request, runbook] = kinds === knownKinds ? [AskedRequest, RunbookDocument] : schemasOf(kinds)
  const archive = openArchive(configuration.archive)
  const { runbooks: given } = options
  const library = given
    ? async () => ({ runbooks: await given(), broken: [] })
    : () => readRunbooks(configuration.runbooks, runbook)
  const runbooks = given ?? (configuration.runbooks && (async () => (await library()).runbooks))
  const shared = { configuration, client, connection, taskQueue, kinds, request, runbook, library }
  const keys = { ...(signingKey && { signingKey }), ...(grafana && { grafana }) }
  return { ...shared, ...(archive && { archive }), ...(runbooks && { runbooks }), ...keys }
}

function schemasOf(kinds: Kinds): [typeof AskedRequest, RunbookSchema] {
  const steps = Object.values(kinds).map(({ schema }) => schema)
  const [first, ...others] = steps
  if (!first) throw new Error('an API needs at least one kind of step')
  const inline = rollbackRequest(z.discriminatedUnion('kind', [first, ...others]))
  const found = Object.values(measurements).map(({ schema }) => schema)
  const request = z.union([inline, RunbookRequest]) as unknown as typeof AskedRequest
  return [request, runbookDocument(steps, found)]
}
