import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import { at } from '../../ask.ts'
import { type Application, type Automated, pathOf, sameContent, shown } from '../../argo-cd/application.ts'
import { type Argo, isFailedTest, request, saidBy } from '../../argo-cd/connect.ts'
import type { ArgoCdStep } from './schema.ts'
import { type ArgoState, HELD } from './state.ts'

/** What a write came to: done, or refused because something has changed meanwhile, in words. */
export type Written = 'done' | { meanwhile: string }

/**
 * Writes `automated` of the sync policy, where it still is what was read. `note` is left on the application as long as it is
 * held, and taken away again without one.
 */
export async function writeAutomated(
  application: Application,
  automated: Automated,
  note: string | undefined,
  { connection, signal }: CallContext<Argo>,
): Promise<Written> {
  const { name, namespace, project } = application
  const patch = JSON.stringify([...policyPatch(application, automated), ...notePatch(application, note)])
  const body = { name, appNamespace: namespace, project, patchType: 'json', patch }
  const answer = await request(connection, { path: pathOf({ application: name }), method: 'PATCH', body, signal })
  if (answer.status < 300) return isTaken(answer.json, automated)
  if (answer.status === 409 || isFailedTest(answer)) return { meanwhile: `somebody changed the sync policy of ${name}` }
  throw new UnwindError(
    'TARGET_REJECTED',
    `Argo CD does not take the sync policy of ${name}; look at it there, then retry`,
  )
}

/** Before 3.1 Argo CD drops the switch, and goes on syncing. */
function isTaken(json: unknown, automated: Automated): 'done' {
  if (automated?.['enabled'] !== false || at(json, 'spec', 'syncPolicy', 'automated', 'enabled') === false)
    return 'done'
  throw new UnwindError(
    'TARGET_REJECTED',
    'this Argo CD does not know automated.enabled, which came with 3.1: switch its auto-sync off by hand, then retry; or take the change back in Git',
  )
}

function policyPatch({ automated: now, hasPolicy }: Application, automated: Automated): object[] {
  const path = '/spec/syncPolicy/automated'
  const same = now === null ? [] : [{ op: 'test', path, value: now }]
  if (automated === null) return now === null ? [] : [...same, { op: 'remove', path }]
  if (!hasPolicy) return [{ op: 'add', path: '/spec/syncPolicy', value: { automated } }]
  return [...same, { op: 'add', path, value: automated }]
}

function notePatch({ metadata: { annotations } }: Application, note: string | undefined): object[] {
  const path = `/metadata/annotations/${HELD.replace('/', '~1')}`
  if (note === undefined) return annotations?.[HELD] === undefined ? [] : [{ op: 'remove', path }]
  const first = annotations === undefined ? [{ op: 'add', path: '/metadata/annotations', value: {} }] : []
  return [...first, { op: 'add', path, value: note }]
}

/** Starts the operation that leads to a state: a rollback to its entry of the history, or a sync to its revision. */
export async function startOperation(
  step: ArgoCdStep,
  application: Application,
  to: ArgoState,
  context: CallContext<Argo>,
): Promise<Written> {
  const { name, namespace, project, history } = application
  const entry =
    history.find((each) => each.id === to.id && sameContent(each, to)) ?? history.find((each) => sameContent(each, to))
  const body = { name, appNamespace: namespace, project, prune: step.prune }
  const asked = entry
    ? { verb: 'rollback', more: { id: entry.id } }
    : { verb: 'sync', more: { ...syncTo(to), infos: [{ name: 'unwind', value: context.rollbackId }] } }
  const { connection, signal } = context
  const path = `${pathOf({ application: name })}/${asked.verb}`
  const sent = { ...body, ...asked.more }
  const answer = await request(connection, { path, method: 'POST', body: sent, right: syncRight(application), signal })
  return answer.status < 300 ? 'done' : refused(saidBy(answer), to, name)
}

/** Without hooks, as a rollback does it. */
function syncTo({ revisions }: ArgoState): object {
  return { revision: revisions[0], strategy: { apply: {} } }
}

function refused(said: string, to: ArgoState, name: string): Written {
  if (/auto-sync/i.test(said)) return { meanwhile: 'something switched auto-sync on again' }
  if (/another operation is already in progress/.test(said)) return { meanwhile: 'another operation began' }
  if (/does not have deployment/.test(said)) return { meanwhile: 'the history has moved on' }
  if (/deleting/.test(said))
    throw new UnwindError('TARGET_REJECTED', `${name} is being deleted; there is nothing to take back`)
  throw new UnwindError(
    'TARGET_REJECTED',
    `Argo CD does not start the way to ${shown(to)}; look at ${name} there, then retry`,
  )
}

/** Ends the operation that is under way; the controller carries that out a moment later. */
export async function endOperation(
  { name, namespace, project }: Application,
  { connection, signal }: CallContext<Argo>,
): Promise<void> {
  const path = `${pathOf({ application: name })}/operation`
  const query = { appNamespace: namespace, project }
  const right = syncRight({ name, project })
  await request(connection, { path, method: 'DELETE', query, right, signal })
}

function syncRight({ name, project }: Pick<Application, 'name' | 'project'>): string {
  return `applications, sync, ${project}/${name}`
}
