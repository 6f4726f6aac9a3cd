import { manifest } from '../../targets/kubernetes-accounts.ts'
import type { Lab } from '../../targets/kubernetes-lab.ts'
import type { Subject } from '../conformance.ts'

interface Right {
  verb: string
  group: string
  resource: string
}

/** What the suite does in its namespace, beside what it grants, and with workloads of the kinds asked for. */
const ACTS: readonly (readonly [group: string, resource: string, verbs: string])[] = [
  ['apps', 'replicasets', 'get list'],
  ['apps', 'controllerrevisions', 'get list'],
  ['', 'pods', 'list'],
  ['', 'secrets', 'get create patch delete'],
  ['', 'configmaps', 'get create patch delete'],
  ['', 'serviceaccounts', 'create patch delete'],
  ['', 'serviceaccounts/token', 'create'],
  ['rbac.authorization.k8s.io', 'roles', 'create patch delete'],
  ['rbac.authorization.k8s.io', 'rolebindings', 'create patch delete'],
]

/** What an account lacks. */
export interface Missing {
  /** As `verb resource.group`. */
  rights: string[]
  /** API groups whose rights it can't grant, and which the suite can do without. */
  groups: string[]
}

/** Kinds that most clusters do not have; a plan by an account without a right to them says so and goes on. */
const OPTIONAL = ['flagger.app', 'argoproj.io']

/** What the account of these requests lacks in the namespace for the whole suite; nothing is made to find out. */
export async function missingRights(ask: Lab['ask'], namespace: string, kinds: readonly Subject[]): Promise<Missing> {
  const workloads = kinds.map((kind) => [groupOf(kind), `${kind}s`, 'get list create patch delete'] as const)
  const acts = [...workloads, ...ACTS].flatMap(([group, resource, verbs]) => each(group, resource, verbs.split(' ')))
  const wanted = [...acts, ...(await granted())]
  const allowed = await Promise.all(wanted.map((right) => isAllowed(ask, namespace, right)))
  const lacking = wanted.filter((_, index) => !allowed[index])
  const serious = lacking.filter(({ group }) => !OPTIONAL.includes(group))
  return {
    rights: [...new Set(serious.map(({ verb, group, resource }) => `${verb} ${resource}${group && `.${group}`}`))],
    groups: OPTIONAL.filter((group) => lacking.some((right) => right.group === group)),
  }
}

function groupOf(kind: Subject): string {
  return kind === 'rollout' ? 'argoproj.io' : 'apps'
}

/** Nobody can grant a right that he does not hold, and the suite grants those of docs/rbac/reader.yaml. */
async function granted(): Promise<Right[]> {
  return (await manifest('reader.yaml')).flatMap(({ rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => each(group, resource, verbs))),
    ),
  )
}

function each(group: string, resource: string, verbs: string[]): Right[] {
  return verbs.map((verb) => ({ verb, group, resource }))
}

async function isAllowed(ask: Lab['ask'], namespace: string, { verb, group, resource }: Right): Promise<boolean> {
  const [plural, subresource] = resource.split('/')
  const resourceAttributes = { namespace, verb, group, resource: plural, ...(subresource && { subresource }) }
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  }
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
  return (await ask<{ status: { allowed: boolean } }>('POST', path, body)).status.allowed
}
