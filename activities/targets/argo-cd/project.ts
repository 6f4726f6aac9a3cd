import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import { at, listAt, textAt } from '../../ask.ts'
import type { Metadata } from '../../kubernetes/objects.ts'
import type { Application } from '../../argo-cd/application.ts'
import { type Argo, request } from '../../argo-cd/connect.ts'

/** The sync windows of the project of an application. */
export interface Windows {
  project: string
  metadata: Metadata & { ownerReferences?: { kind: string; name: string }[] }
  /** The one that a rollback has put there to hold this application. */
  own?: unknown
  /** The project as it was read, for a conditional write. */
  body: unknown
}

type Context = Pick<CallContext<Argo>, 'connection' | 'signal'>

/** Begins the description of every window of ours. */
const MARK = 'Unwind holds '

/** Undefined where the account may not read the project: then no window is ours as far as we can tell. */
export async function readWindows({ project, name }: Application, context: Context): Promise<Windows | undefined> {
  try {
    const { json } = await request(context.connection, {
      path: `/projects/${encodeURIComponent(project)}`,
      signal: context.signal,
    })
    const own = listAt(json, 'spec', 'syncWindows').find((window) => isOwn(window, name))
    return {
      project,
      metadata: at(json, 'metadata') as Windows['metadata'],
      body: json,
      ...(own !== undefined && { own }),
    }
  } catch (error) {
    if (error instanceof UnwindError && error.code === 'TARGET_FORBIDDEN') return undefined
    throw error
  }
}

function isOwn(window: unknown, name: string): boolean {
  const [only, ...others] = listAt(window, 'applications')
  return only === name && others.length === 0 && (textAt(window, 'description') ?? '').startsWith(MARK)
}

/**
 * Puts our window there, or takes it away: it denies automated syncs of this application at all times and lets those by hand
 * through. The write is conditional. Answers false where somebody else has written meanwhile.
 */
export async function writeWindow(
  { project, body, own }: Windows,
  { name }: Application,
  wanted: boolean,
  context: CallContext<Argo>,
): Promise<boolean> {
  const kept = listAt(body, 'spec', 'syncWindows').filter((window) => window !== own)
  const window = {
    ...{ kind: 'deny', schedule: '* * * * *', duration: '24h', applications: [name], manualSync: true },
    description: `${MARK}${name} for rollback ${context.rollbackId}`,
  }
  const changed = {
    ...(body as object),
    spec: { ...(at(body, 'spec') as object), syncWindows: wanted ? [...kept, window] : kept },
  }
  const { connection, signal } = context
  const path = `/projects/${encodeURIComponent(project)}`
  const answer = await request(connection, { path, method: 'PUT', body: { project: changed }, signal })
  if (answer.status === 409) return false
  if (answer.status < 300) return true
  throw new UnwindError(
    'TARGET_REJECTED',
    `Argo CD does not take the sync window of project ${project}; look at the project there, then retry`,
  )
}

/** Whether the windows of the project let a sync by hand through now. */
export async function letsThrough(
  { name, namespace, project }: Application,
  { connection, signal }: Context,
): Promise<boolean> {
  const path = `/applications/${encodeURIComponent(name)}/syncwindows`
  const { json } = await request(connection, { path, query: { appNamespace: namespace, project }, signal })
  return at(json, 'canSync') !== false
}
