import { UnwindError } from '../../../model/errors.ts'
import type { CallContext } from '../../../model/target.ts'
import { listAt } from '../../ask.ts'
import { type Item, itemsOf } from '../../kubernetes/manifest.ts'
import { type Application, type Content, pathOf } from '../../argo-cd/application.ts'
import { type Argo, request } from '../../argo-cd/connect.ts'

/**
 * What Argo CD renders for a content; secrets come masked. Undefined where it can't be asked for: its sources are no longer
 * those of the application, or the revision can't be fetched.
 */
export async function rendered(
  application: Application,
  { revisions, source }: Content,
  { connection, signal }: CallContext<Argo>,
): Promise<Item[] | undefined> {
  if (source !== application.source) return undefined
  const { name, namespace, project, destination } = application
  const several = revisions.length > 1
  const query = {
    ...{ appNamespace: namespace, project },
    ...(several
      ? { revisions, sourcePositions: revisions.map((_, index) => String(index + 1)) }
      : { revision: revisions[0] }),
  }
  try {
    const path = `${pathOf({ application: name })}/manifests`
    const answer = await request(connection, { path, query, signal })
    if (answer.status !== 200) return undefined
    return listAt(answer.json, 'manifests').flatMap((text) => itemsOf(String(text), destination))
  } catch (error) {
    // Argo CD itself was reached a moment ago: what fails here is Git, or rendering.
    if (error instanceof UnwindError && error.code === 'TARGET_UNREACHABLE' && error.facts?.['unsure']) return undefined
    throw error
  }
}

/** Objects that are hooks of a sync: a rollback leaves them out. */
export function hooksOf(items: readonly Item[]): Item[] {
  return items.filter(({ body }) => body.metadata?.annotations?.['argocd.argoproj.io/hook'] !== undefined)
}
