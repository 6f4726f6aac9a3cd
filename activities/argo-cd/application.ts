import { createHash } from 'node:crypto'
import { canonical } from '../../model/canonical.ts'
import type { CallContext } from '../../model/target.ts'
import { at, expected, listAt, textAt } from '../ask.ts'
import type { Metadata } from '../kubernetes/objects.ts'
import { type Argo, request } from './connect.ts'

/** What is deployed: where it comes from, and the revision of each source. */
export interface Content {
  revisions: string[]
  /** Hash of the sources: they may hold parameters that are secret. */
  source: string
}

/** One entry of the history. */
export interface Deployment extends Content {
  id: number
  at: string
  by: string
}

/** `automated` of the sync policy, as it is written; null where there is none. */
export type Automated = Record<string, unknown> | null

/** A sync that is under way, or the last one that ended. */
export interface Operation {
  content: Content
  /** It touches everything, for real: what the history records when it succeeds. */
  whole: boolean
  phase: string
  message: string
  by: string
  /** Milliseconds; absent as long as the controller has not begun with it. */
  startedAt?: number
  finishedAt?: number
  /** Resources that it could not apply, as Kind/name. */
  failed: string[]
}

/** An Application, as far as a rollback looks at it. */
export interface Application {
  name: string
  namespace: string
  project: string
  /** Where objects without a namespace go. */
  destination: string
  metadata: Metadata & { ownerReferences?: { kind: string; name: string }[] }
  sources: unknown[]
  /** Of the sources of the spec. */
  source: string
  automated: Automated
  hasPolicy: boolean
  /** Newest first. */
  history: Deployment[]
  running?: Operation
  last?: Operation
  sync: { status: string; revisions: string[] }
  health: { status: string; since: number }
  reconciledAt: number
  /** The clock of Argo CD, in milliseconds. */
  now: number
}

/** How a step or a check names an application. */
interface Named {
  application: string
  appNamespace?: string | undefined
  project?: string | undefined
}

/** Where the API has an application. */
export function pathOf({ application }: Pick<Named, 'application'>): string {
  return `/applications/${encodeURIComponent(application)}`
}

/** Reads it as Argo CD knows it; `refresh` makes it look at Git and cluster first. */
export async function readApplication(
  step: Named,
  { connection, signal }: Pick<CallContext<Argo>, 'connection' | 'signal'>,
  refresh?: 'normal',
): Promise<Application> {
  const query = { appNamespace: step.appNamespace, project: step.project, refresh }
  const { json, headers } = await request(connection, { path: pathOf(step), query, signal })
  const now = Date.parse(headers.get('date') ?? '')
  return applicationOf(json, Number.isNaN(now) ? Date.now() : now)
}

function applicationOf(json: unknown, now: number): Application {
  const [spec, status] = [at(json, 'spec'), at(json, 'status')]
  const sources = sourcesOf(spec)
  const [operation, state] = [at(json, 'operation'), at(status, 'operationState')]
  const running = operation !== undefined || /^(Running|Terminating)$/.test(textAt(state, 'phase') ?? '')
  const seen = running ? operationOf(operation ?? at(state, 'operation'), state) : undefined
  const history = listAt(status, 'history').map(deploymentOf)
  return {
    name: expected('Argo CD', textAt(json, 'metadata', 'name')),
    namespace: textAt(json, 'metadata', 'namespace') ?? '',
    project: textAt(spec, 'project') ?? 'default',
    destination: textAt(spec, 'destination', 'namespace') ?? '',
    metadata: at(json, 'metadata') as Application['metadata'],
    sources,
    source: hashOf(sources),
    automated: (at(spec, 'syncPolicy', 'automated') as Automated | undefined) ?? null,
    hasPolicy: at(spec, 'syncPolicy') !== undefined,
    history: history.toSorted((a, b) => b.id - a.id),
    ...(seen && { running: seen }),
    ...(!running && state !== undefined && { last: operationOf(at(state, 'operation'), state) }),
    sync: { status: textAt(status, 'sync', 'status') ?? 'Unknown', revisions: revisionsOf(at(status, 'sync')) },
    health: {
      status: textAt(status, 'health', 'status') ?? 'Unknown',
      since: time(status, 'health', 'lastTransitionTime') ?? 0,
    },
    reconciledAt: time(status, 'reconciledAt') ?? 0,
    now,
  }
}

function deploymentOf(entry: unknown): Deployment {
  const by = at(entry, 'initiatedBy', 'automated') === true ? 'auto-sync' : textAt(entry, 'initiatedBy', 'username')
  return {
    ...{ id: Number(at(entry, 'id') ?? 0), revisions: revisionsOf(entry), source: hashOf(sourcesOf(entry)) },
    ...{ at: textAt(entry, 'deployedAt') ?? '', by: by ?? 'somebody' },
  }
}

function operationOf(operation: unknown, state: unknown): Operation {
  const sync = at(operation, 'sync')
  // The result holds the commit that the name of a branch was resolved to.
  const result = at(state, 'syncResult')
  const known = result !== undefined && revisionsOf(result).some(Boolean)
  const by =
    at(operation, 'initiatedBy', 'automated') === true ? 'auto-sync' : textAt(operation, 'initiatedBy', 'username')
  const [startedAt, finishedAt] = [time(state, 'startedAt'), time(state, 'finishedAt')]
  const failed = listAt(result, 'resources').flatMap((each) =>
    textAt(each, 'status') === 'SyncFailed' ? [`${textAt(each, 'kind')}/${textAt(each, 'name')}`] : [],
  )
  return {
    content: known
      ? { revisions: revisionsOf(result), source: hashOf(sourcesOf(result)) }
      : { revisions: revisionsOf(sync), source: hashOf(sourcesOf(sync)) },
    whole: listAt(sync, 'resources').length === 0 && at(sync, 'dryRun') !== true,
    ...{
      phase: textAt(state, 'phase') ?? 'Pending',
      message: textAt(state, 'message') ?? '',
      by: by ?? 'somebody',
      failed,
    },
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
  }
}

/** One source or several, as a list. */
function sourcesOf(holder: unknown): unknown[] {
  const several = listAt(holder, 'sources')
  return several.length > 0 ? several : [at(holder, 'source') ?? {}]
}

function revisionsOf(holder: unknown): string[] {
  const several = listAt(holder, 'revisions').map(String)
  return several.length > 0 ? several : [textAt(holder, 'revision') ?? '']
}

/** Without the branch that is followed: what was deployed is told by the revision. */
function hashOf(sources: readonly unknown[]): string {
  const content = sources.map((source) => ({ ...(source as object), targetRevision: undefined }))
  return createHash('sha256').update(canonical(content)).digest('hex').slice(0, 16)
}

function time(value: unknown, ...path: string[]): number | undefined {
  const found = Date.parse(textAt(value, ...path) ?? '')
  return Number.isNaN(found) ? undefined : found
}

export function sameContent(one: Content, other: Content): boolean {
  return one.source === other.source && one.revisions.join('\n') === other.revisions.join('\n')
}

/** Revisions as people read them: commits are cut. */
export function shown({ revisions }: Pick<Content, 'revisions'>): string {
  return revisions.map((revision) => (/^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 8) : revision)).join(', ')
}

/**
 * What is deployed now, and whether it was deployed to its end: a sync that failed, or is under way, has begun to change things;
 * undefined where nothing ever was.
 */
export function deployedBy({ history, running, last }: Application): (Content & { complete: boolean }) | undefined {
  const [newest] = history
  const began = running ?? (last && /^(Failed|Error)$/.test(last.phase) ? last : undefined)
  const later = (began?.startedAt ?? Number.NEGATIVE_INFINITY) >= Date.parse(newest?.at ?? '1970-01-01')
  if (began?.whole && later) return { ...began.content, complete: false }
  return newest && { revisions: newest.revisions, source: newest.source, complete: true }
}
