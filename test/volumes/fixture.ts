import { fileURLToPath } from 'node:url'
import { loadKubeConfig } from '../../activities/kubernetes/connect.ts'
import { connect } from '../../activities/kubernetes/connect.ts'
import { volumeRestore } from '../../activities/targets/volume-restore/index.ts'
import { volumeSnapshot } from '../../activities/targets/volume-snapshot/index.ts'
import type { Target } from '../../model/target.ts'
import type { Fixture, Subject } from '../support/conformance.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import { connectAs, kubeconfigOf, manifest } from '../targets/kubernetes-accounts.ts'
import { closedPort } from '../targets/kubernetes-fixture.ts'
import type { Lab } from '../targets/kubernetes-lab.ts'
import { Database, type Shape } from './database.ts'

export type VolumeKind = 'volume-snapshot' | 'volume-restore'

export const VOLUME_TARGETS: Readonly<Record<VolumeKind, Target>> = {
  'volume-snapshot': volumeSnapshot as unknown as Target,
  'volume-restore': volumeRestore as unknown as Target,
}

const EXPORTS = { 'volume-snapshot': 'volumeSnapshot', 'volume-restore': 'volumeRestore' }

/** A step for a StatefulSet of the lab, as a runbook would write it. */
export function volumeStep(kind: VolumeKind, lab: Lab, name: string, more: object = {}): Record<string, unknown> {
  return { kind, workload: `statefulset/${name}`, namespace: lab.namespace, ...more }
}

/** StatefulSets with volumes on a real control plane, in each situation that the conformance suite asks for. */
export function volumeFixture(kind: VolumeKind, lab: Lab): Fixture {
  let count = 0
  const restores = kind === 'volume-restore'
  const deployed = async (shape: Shape = {}) => {
    const database = new Database(lab, `db-${++count}`)
    await database.deploy('before', shape)
    return database
  }
  const arrange = async (shape: Shape = {}) => {
    const database = await deployed(shape)
    if (restores) await database.snapshot('nightly')
    await database.write(`data-${database.name}-0`, 'after')
    return subject(kind, lab, database)
  }
  return {
    target: VOLUME_TARGETS[kind],
    connection: lab.connection,
    arrange: () => arrange(),
    empty: async () => {
      const { name } = await deployed(restores ? {} : { templates: [] })
      return { step: volumeStep(kind, lab, name) }
    },
    owned: async () => {
      if (!restores) return arrange()
      const annotations = { 'argocd.argoproj.io/tracking-id': `shop:apps/StatefulSet:${lab.namespace}/owned` }
      const { step } = await arrange({ annotations })
      return { step, forced: { force: { reason: 'Argo CD is down' } } }
    },
    forbidden: async () => {
      const account = await reader(kind, lab)
      const resource = restores ? 'persistentvolumeclaims' : 'volumesnapshots\\.snapshot\\.storage\\.k8s\\.io'
      const right = new RegExp(`create ${resource} in namespace ${lab.namespace}; .*rbac/${kind}`)
      return { connection: await connectAs(lab, account), right }
    },
    unreachable: async () => {
      const server = `http://127.0.0.1:${await closedPort()}`
      return connect({ kubeconfig: await kubeconfigOf(lab, {}, { server }), pin: { server } }, 'unreachable')
    },
    secret: async () => {
      const canaries = ['canary-in-annotation-9', 'canary-of-the-claim-4']
      const [annotation = '', claim = ''] = canaries
      const shape = { annotations: { 'example.test/a': annotation }, claimAnnotations: { 'example.test/b': claim } }
      return { subject: await arrange(shape), canaries }
    },
    proxied: async () => {
      const proxy = await proxyTo(kind, lab)
      const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
      const module = fileURLToPath(new URL(`../../activities/targets/${kind}/index.ts`, import.meta.url))
      return { proxy, credentials: { kubeconfig, pin: { server: proxy.url } }, module, exported: EXPORTS[kind] }
    },
  }
}

/** The manifest that people apply, without what writes; answers the account. */
async function reader(kind: VolumeKind, lab: Lab): Promise<string> {
  const account = `${kind}-reader-${lab.namespace.slice(-8)}`
  const objects = await manifest(`${kind}/operator.yaml`, account)
  const reading = objects.map((object) => {
    const rules = object.rules?.map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((verb) => ['get', 'list'].includes(verb)),
    }))
    const subjects = 'subjects' in object && [{ kind: 'ServiceAccount', name: account, namespace: lab.namespace }]
    return { ...object, ...(rules && { rules }), ...(subjects && { subjects }) }
  })
  await lab.apply(...reading)
  return account
}

/** Of a restore's many writes the one is counted by which the new volume gets the name that the StatefulSet expects. */
async function proxyTo(kind: VolumeKind, { kubeconfig }: Lab) {
  const config = loadKubeConfig({ kubeconfig }, 'lab')
  const options = {}
  await config.applyToHTTPSOptions(options)
  const decisive = kind === 'volume-snapshot' ? /./ : /"name":"data-db-\d+-0"/
  return startProxy({
    url: new URL(config.getCurrentCluster()?.server ?? ''),
    options,
    isWrite: (method, _path, body) => method === 'POST' && decisive.test(body),
  })
}

function subject(kind: VolumeKind, lab: Lab, database: Database): Subject {
  return {
    step: volumeStep(kind, lab, database.name),
    read: () => seen(kind, database),
    version: async () =>
      JSON.stringify([await database.set(), await database.claims(), await written(database)], stable),
    elsewhere: async () => {
      await database.startAnew()
      for (const { metadata, spec } of await database.snapshots()) {
        if (metadata.name.endsWith('nightly')) continue
        await database.deleteSnapshot(metadata.name)
        await database.snapshotOf(spec.source.persistentVolumeClaimName ?? '', metadata.name)
      }
    },
    irrelevant: async () => {
      const annotations = { 'example.test/note': 'keep me' }
      await database.patch({ metadata: { annotations }, spec: { minReadySeconds: 1 } })
      return async () => {
        const { metadata, spec } = await database.set()
        return 'minReadySeconds' in spec && metadata.annotations?.['example.test/note'] === 'keep me'
      }
    },
  }
}

/** Clocks and status move by themselves; what is written does not. */
function stable(key: string, value: unknown): unknown {
  return ['status', 'managedFields', 'resourceVersion', 'finalizers'].includes(key) ? undefined : value
}

async function written(database: Database): Promise<unknown> {
  const volumes = (await database.claims()).map(({ spec }) => database.volume(spec.volumeName ?? ''))
  const snapshots = (await database.snapshots()).map(({ metadata }) => [metadata.uid, metadata.annotations])
  return [(await Promise.all(volumes)).map(({ metadata, spec }) => [metadata.annotations, spec]), snapshots]
}

const SYSTEM = /^(?:unwind\.dev\/|pv\.kubernetes\.io\/)/

/** What people wrote of it: the claims that serve, their volumes and what those hold; snapshots that somebody needs. */
async function seen(kind: VolumeKind, database: Database): Promise<unknown> {
  const { metadata, spec } = await database.set()
  const claims = (await database.claims()).filter(
    ({ metadata: { name } }) => /-\d+$/.test(name) && !name.includes('-rb-'),
  )
  const serving = await Promise.all(
    claims.map(async (claim) => {
      const volume = await database.volume(claim.spec.volumeName ?? '')
      return {
        ...{ name: claim.metadata.name, labels: claim.metadata.labels, spec: claim.spec },
        annotations: own(claim.metadata.annotations),
        volume: [
          volume.metadata.name,
          volume.spec.persistentVolumeReclaimPolicy,
          await database.holds(claim.metadata.name),
        ],
      }
    }),
  )
  const needed = (await database.snapshots()).filter(({ metadata: one }) => !one.annotations?.['unwind.dev/released'])
  const snapshots = kind === 'volume-snapshot' ? needed.map(({ metadata: one }) => one.name) : []
  return { annotations: own(metadata.annotations), spec, serving, snapshots }
}

function own(annotations: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !SYSTEM.test(key)))
}
