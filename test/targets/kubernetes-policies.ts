import { until } from '../support/until.ts'
import type { Lab } from './kubernetes-lab.ts'

/** What an admission policy refuses in the lab's namespace. */
export interface Refusal {
  group: string
  resources: string[]
  operations: ('CREATE' | 'UPDATE' | 'DELETE')[]
  /** CEL for the message; without it the API server words it. */
  message?: string
  /** A dry run that the policy refuses: it works from the moment when this is rejected. */
  probe: () => Promise<unknown>
}

/** A real ValidatingAdmissionPolicy, in force when this resolves. Answers how to lift it. */
export async function refuse(
  lab: Lab,
  { group, resources, operations, message, probe }: Refusal,
): Promise<() => Promise<void>> {
  const name = `${lab.namespace}-${resources.join('-').replaceAll('/', '-')}`
  const api = 'admissionregistration.k8s.io/v1'
  const resourceRules = [{ apiGroups: [group], apiVersions: ['v1'], operations, resources }]
  const validations = [{ expression: 'false', ...(message && { messageExpression: message }) }]
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': lab.namespace } }
  await lab.apply(
    {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules }, validations },
    },
    {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector } },
    },
  )
  const outcome = () =>
    probe().then(
      () => 'allowed',
      () => 'refused',
    )
  await until(
    outcome,
    (seen) => seen === 'refused',
    () => `the policy ${name} does not work`,
    30_000,
  )
  return async () => {
    await lab.ask('DELETE', `/apis/${api}/validatingadmissionpolicybindings/${name}`)
    await lab.ask('DELETE', `/apis/${api}/validatingadmissionpolicies/${name}`)
    await until(
      outcome,
      (seen) => seen === 'allowed',
      () => `the policy ${name} still works`,
      30_000,
    )
  }
}

/** Keeps the controller of the lab's kind from keeping templates and from saying what it has seen. */
export async function freezeController(lab: Lab, name: string): Promise<() => Promise<void>> {
  const path = `/apis/apps/v1/namespaces/${lab.namespace}`
  const [keeper, probe] =
    lab.kind === 'deployment' ? ['replicasets', probeSet()] : ['controllerrevisions', probeRevision()]
  const workloads = `${lab.kind}s`
  const thaw = [
    await refuse(lab, {
      group: 'apps',
      resources: [keeper],
      operations: ['CREATE'],
      probe: () => lab.ask('POST', `${path}/${keeper}?dryRun=All`, probe),
    }),
    await refuse(lab, {
      group: 'apps',
      resources: [`${workloads}/status`],
      operations: ['UPDATE'],
      probe: () =>
        lab.ask(
          'PATCH',
          `${path}/${workloads}/${name}/status?dryRun=All`,
          { status: { collisionCount: 0 } },
          'application/merge-patch+json',
        ),
    }),
  ]
  return async () => {
    for (const lift of thaw) await lift()
  }
}

/** Keeps ReplicaSets from making and from deleting pods. */
export async function freezePods(lab: Lab): Promise<() => Promise<void>> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe' },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  }
  return refuse(lab, {
    group: '',
    resources: ['pods'],
    operations: ['CREATE', 'DELETE'],
    probe: () => lab.ask('POST', `/api/v1/namespaces/${lab.namespace}/pods?dryRun=All`, pod),
  })
}

function probeSet(): object {
  const labels = { app: 'probe' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } }
  const spec = { replicas: 0, selector: { matchLabels: labels }, template }
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'probe' }, spec }
}

function probeRevision(): object {
  return { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'probe' }, revision: 1, data: {} }
}
