import { createHash } from 'node:crypto'
import { UnwindError } from '../../../model/errors.ts'
import { digestOfImage } from '../../../model/service/images.ts'
import type { Target } from '../../../model/target.ts'
import type { Cluster } from '../../kubernetes/connect.ts'
import { type Asked, refused } from '../../kubernetes/faults.ts'
import { FIELD_MANAGER } from './patch.ts'

const GROUP = '/apis/admissionregistration.k8s.io/v1'
/** Whose policy it is; one of this name without the label is somebody else's. */
const LABEL = 'unwind.dev/lock'

type Rule = Parameters<NonNullable<Target['enforce']>>[0]
type Context = {
  connection: Cluster
  signal: AbortSignal
  service: string
  environment: string
}

/**
 * Keeps denied images out of a namespace by a ValidatingAdmissionPolicy and its binding, the policy first, so that no
 * binding ever points at nothing. Workloads that have the image already may still be changed: their old ReplicaSets have
 * to be scaled down, and whoever looks for the bad version must not find it beyond control.
 */
export async function enforce(rule: Rule, context: Context): Promise<{ object: string }> {
  const { namespace } = rule.place
  if (!namespace) throw new UnwindError('INVALID_REQUEST', 'images are refused in a namespace; say which')
  const name = nameOf(context)
  await context.connection.identity(context.signal)
  const object = `validatingadmissionpolicy/${name}`
  if (rule.denied.length === 0) {
    await remove('validatingadmissionpolicybindings', name, context)
    await remove('validatingadmissionpolicies', name, context)
    return { object }
  }
  await put('validatingadmissionpolicies', policyOf(name, rule, context), context)
  await put('validatingadmissionpolicybindings', bindingOf(name, namespace, context), context)
  return { object }
}

/** Names may hold dots themselves, so a hash tells apart what would read the same. */
function nameOf({ environment, service }: Context): string {
  const hash = createHash('sha256').update(`${environment}/${service}`).digest('hex').slice(0, 8)
  return `unwind.${environment}.${service}.${hash}`
}

function metadataOf(name: string, { environment, service }: Context) {
  return { name, labels: { [LABEL]: 'true' }, annotations: { [LABEL]: `${environment}/${service}` } }
}

function policyOf(name: string, { denied, reason }: Rule, context: Context) {
  const digests = [...new Set(denied.flatMap((image) => digestOfImage(image) ?? []))]
  const bad = `i in [${denied.map(quoted).join(', ')}] || [${digests.map(quoted).join(', ')}].exists(d, i.endsWith('@' + d))`
  const message = `unwind: the image is denied for ${context.service} in ${context.environment}: ${reason}`
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: metadataOf(name, context),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: RULES },
      variables: [
        { name: 'spec', expression: specOf('object') },
        { name: 'images', expression: imagesOf('variables.spec') },
        { name: 'before', expression: `oldObject == null ? [] : ${imagesOf(`(${specOf('oldObject')})`)}` },
      ],
      validations: [
        {
          expression: `!variables.images.exists(i, (${bad}) && !(i in variables.before))`,
          message: message.replaceAll(/\s+/g, ' ').slice(0, 500),
          reason: 'Forbidden',
        },
      ],
    },
  }
}

/** What people and controllers deploy with. Pods that a controller makes have been let in with it. */
const RULES = [
  {
    apiGroups: ['apps'],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['deployments', 'statefulsets', 'daemonsets'],
  },
  { apiGroups: ['batch'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['jobs', 'cronjobs'] },
]

function specOf(object: string): string {
  const job = `${object}.spec.jobTemplate.spec.template.spec`
  return `has(${object}.spec.jobTemplate) ? ${job} : ${object}.spec.template.spec`
}

function imagesOf(spec: string): string {
  const init = `(has(${spec}.initContainers) ? ${spec}.initContainers.map(c, c.image) : [])`
  return `${spec}.containers.map(c, c.image) + ${init}`
}

function bindingOf(name: string, namespace: string, context: Context) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: metadataOf(name, context),
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
    },
  }
}

type Resource = 'validatingadmissionpolicies' | 'validatingadmissionpolicybindings'

/** Creates it, or makes the one that is there ours again by server-side apply. */
async function put(resource: Resource, body: { metadata: { name: string } }, context: Context): Promise<void> {
  const { connection, signal } = context
  const { name } = body.metadata
  const present = await read(resource, name, context)
  if (present && present.metadata?.labels?.[LABEL] === undefined)
    throw new UnwindError(
      'TARGET_OWNED',
      `${connection.name} has a ${resource}/${name} that is not of Unwind; rename or delete it`,
    )
  const path = `${GROUP}/${resource}/${name}?fieldManager=${FIELD_MANAGER}&force=true`
  const asked: Asked = { verb: 'patch', resource: `${resource}.admissionregistration.k8s.io`, name }
  await connection.demand({ method: 'PATCH', path, contentType: 'application/apply-patch+yaml', body, signal }, asked)
}

async function read(resource: Resource, name: string, { connection, signal }: Context) {
  const asked: Asked = { verb: 'get', resource: `${resource}.admissionregistration.k8s.io`, name }
  const answer = await connection.ask({ method: 'GET', path: `${GROUP}/${resource}/${name}`, signal }, asked)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw refused(answer, asked, connection.name)
  return answer.body as { metadata?: { labels?: Record<string, string> } }
}

async function remove(resource: Resource, name: string, context: Context): Promise<void> {
  const present = await read(resource, name, context)
  if (!present || present.metadata?.labels?.[LABEL] === undefined) return
  const { connection, signal } = context
  const asked: Asked = { verb: 'delete', resource: `${resource}.admissionregistration.k8s.io`, name }
  const answer = await connection.ask({ method: 'DELETE', path: `${GROUP}/${resource}/${name}`, signal }, asked)
  if (answer.status !== 404 && answer.status >= 300) throw refused(answer, asked, connection.name)
}

/** A CEL string: references hold no quote, and what might is written as JSON writes it. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
