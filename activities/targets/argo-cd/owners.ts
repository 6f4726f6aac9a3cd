import type { CallContext } from '../../../model/target.ts'
import { listAt, textAt } from '../../ask.ts'
import type { Application } from '../../argo-cd/application.ts'
import { type Argo, request } from '../../argo-cd/connect.ts'
import type { Windows } from './project.ts'

type Described = Pick<Application, 'metadata'> | Pick<Windows, 'metadata'>

/** Tools that write objects by themselves, by the names that they give to their writes. */
const TOOLS = /^(?:(?:HashiCorp )?terraform|pulumi|helm|kustomize-controller|helm-controller|crossplane)/i

/** What writes an object of Argo CD by itself, in words; undefined where people do. */
export function ownerOf({ metadata }: Described): string | undefined {
  const { ownerReferences = [], annotations = {}, labels = {}, managedFields = [] } = metadata
  const set = ownerReferences.find(({ kind }) => kind === 'ApplicationSet')
  if (set) return `ApplicationSet ${set.name}`
  const parent = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0] ?? labels['argocd.argoproj.io/instance']
  if (parent) return `application ${parent}`
  return managedFields.map(({ manager }) => manager ?? '').find((manager) => TOOLS.test(manager))
}

/** What would put the sync policy of an application back: its owner, unless that is an ApplicationSet which leaves it alone. */
export async function policyOwner(application: Application, context: CallContext<Argo>): Promise<string | undefined> {
  const owner = ownerOf(application)
  const [, name] = /^ApplicationSet (.+)$/.exec(owner ?? '') ?? []
  return name !== undefined && (await leavesPolicy(name, application, context)) ? undefined : owner
}

/** What can't be read counts as a no. */
async function leavesPolicy(
  name: string,
  app: Application,
  { connection, signal }: CallContext<Argo>,
): Promise<boolean> {
  const query = { appsetNamespace: app.namespace }
  const answer = await request(connection, {
    path: `/applicationsets/${encodeURIComponent(name)}`,
    query,
    signal,
  }).catch(() => undefined)
  const spec = (answer?.json as { spec?: unknown } | undefined)?.spec
  if (/^create-(only|delete)$/.test(textAt(spec, 'syncPolicy', 'applicationsSync') ?? '')) return true
  return listAt(spec, 'ignoreApplicationDifferences').some(
    (rule) =>
      [undefined, app.name].includes(textAt(rule, 'name')) &&
      listAt(rule, 'jsonPointers').some((pointer) => /^\/spec\/syncPolicy(\/automated)?$/.test(String(pointer))),
  )
}
