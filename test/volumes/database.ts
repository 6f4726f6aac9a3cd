import type { Claim, Snapshot, StatefulSet, Volume } from '../../activities/kubernetes/volumes/objects.ts'
import { until } from '../support/until.ts'
import { HOLDS } from '../csi-driver/driver.ts'
import type { Lab } from '../targets/kubernetes-lab.ts'

const MERGE = 'application/merge-patch+json'

/** What differs from a StatefulSet of one replica with one volume. */
export interface Shape {
  replicas?: number
  templates?: string[]
  storageClass?: string
  /** Of the StatefulSet. */
  annotations?: Record<string, string>
  /** Of its claim templates. */
  claimAnnotations?: Record<string, string>
  spec?: object
}

/** A StatefulSet of the lab, and hands to work with its claims and with what its volumes hold. */
export class Database {
  readonly name: string
  readonly #lab: Lab

  constructor(lab: Lab, name: string) {
    this.#lab = lab
    this.name = name
  }

  /** Deploys it, and waits until its pods are ready, which hold what is given. */
  async deploy(holds: string, shape: Shape = {}): Promise<void> {
    await this.#lab.apply(manifestOf(this.name, shape))
    await this.ready(shape.replicas ?? 1)
    for (const name of await this.claimNames()) await this.write(name, holds)
  }

  async ready(replicas: number): Promise<void> {
    const enough = ({ status, spec }: StatefulSet) =>
      spec.replicas === replicas && (status?.readyReplicas ?? 0) === replicas
    await until(
      () => this.set(),
      enough,
      (seen) => `not ready: ${JSON.stringify(seen?.status)}`,
      60_000,
    )
  }

  set(): Promise<StatefulSet> {
    return this.#lab.ask('GET', this.#path('apps/v1', 'statefulsets', this.name))
  }

  async patch(change: object): Promise<void> {
    await this.#lab.ask('PATCH', this.#path('apps/v1', 'statefulsets', this.name), change, MERGE)
  }

  /** All claims of the namespace that are about this StatefulSet, by name. */
  async claims(): Promise<Claim[]> {
    const { items } = await this.#lab.ask<{ items: Claim[] }>('GET', this.#core('persistentvolumeclaims'))
    const mine = items.filter(({ metadata }) => metadata.name.includes(`-${this.name}-`))
    return mine.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  }

  async claimNames(): Promise<string[]> {
    return (await this.claims()).map(({ metadata }) => metadata.name)
  }

  claim(name: string): Promise<Claim> {
    return this.#lab.ask('GET', this.#core('persistentvolumeclaims', name))
  }

  async volumeOf(claim: string): Promise<Volume> {
    return this.volume((await this.claim(claim)).spec.volumeName ?? '')
  }

  volume(name: string): Promise<Volume> {
    return this.#lab.ask('GET', `/api/v1/persistentvolumes/${name}`)
  }

  async holds(claim: string): Promise<string | undefined> {
    return (await this.volumeOf(claim)).metadata.annotations?.[HOLDS]
  }

  async write(claim: string, holds: string): Promise<void> {
    const { metadata } = await this.volumeOf(claim)
    await this.#lab.ask(
      'PATCH',
      `/api/v1/persistentvolumes/${metadata.name}`,
      { metadata: { annotations: { [HOLDS]: holds } } },
      MERGE,
    )
  }

  async note(claim: string, annotations: Record<string, string | null>): Promise<void> {
    await this.#lab.ask('PATCH', this.#core('persistentvolumeclaims', claim), { metadata: { annotations } }, MERGE)
  }

  async snapshots(): Promise<Snapshot[]> {
    const path = this.#path('snapshot.storage.k8s.io/v1', 'volumesnapshots')
    const { items } = await this.#lab.ask<{ items: Snapshot[] }>('GET', path)
    return items.filter(({ spec }) => spec.source.persistentVolumeClaimName?.includes(`-${this.name}-`))
  }

  /** A snapshot of each claim by hand, ready to use. */
  async snapshot(suffix: string): Promise<void> {
    for (const claim of await this.claimNames()) await this.snapshotOf(claim, `${claim}-${suffix}`)
    const ready = (found: Snapshot[]) => found.every(({ status }) => status?.readyToUse === true)
    await until(
      () => this.snapshots(),
      ready,
      (seen) => `not ready: ${JSON.stringify(seen)}`,
    )
  }

  async snapshotOf(claim: string, name: string): Promise<void> {
    await this.#lab.ask('POST', this.#path('snapshot.storage.k8s.io/v1', 'volumesnapshots'), {
      ...{ apiVersion: 'snapshot.storage.k8s.io/v1', kind: 'VolumeSnapshot', metadata: { name } },
      spec: { source: { persistentVolumeClaimName: claim } },
    })
  }

  async deleteSnapshot(name: string): Promise<void> {
    const path = this.#path('snapshot.storage.k8s.io/v1', 'volumesnapshots', name)
    await this.#lab.ask('DELETE', path)
    const gone = (found: Snapshot[]) => !found.some(({ metadata }) => metadata.name === name)
    await until(
      () => this.snapshots(),
      gone,
      () => `${name} is still there`,
    )
  }

  /** As somebody would who has had enough of its data: the claims go, and the StatefulSet makes new ones. */
  async startAnew(): Promise<void> {
    const { replicas = 1 } = (await this.set()).spec
    await this.patch({ spec: { replicas: 0 } })
    const names = (await this.claimNames()).filter((name) => name.endsWith(`-${this.name}-0`))
    for (const name of names) await this.#lab.ask('DELETE', this.#core('persistentvolumeclaims', name))
    const gone = (found: string[]) => !names.some((name) => found.includes(name))
    await until(
      () => this.claimNames(),
      gone,
      (seen) => `still there: ${seen?.join(', ')}`,
    )
    await this.patch({ spec: { replicas } })
    await this.ready(replicas)
  }

  #path(api: string, plural: string, name?: string): string {
    return `/apis/${api}/namespaces/${this.#lab.namespace}/${plural}${name ? `/${name}` : ''}`
  }

  #core(plural: string, name?: string): string {
    return `/api/v1/namespaces/${this.#lab.namespace}/${plural}${name ? `/${name}` : ''}`
  }
}

function manifestOf(
  name: string,
  { replicas = 1, templates = ['data'], storageClass = 'double', ...rest }: Shape,
): object {
  const app = { app: name }
  const volumeMounts = templates.map((template) => ({ name: template, mountPath: `/${template}` }))
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, labels: app, ...(rest.annotations && { annotations: rest.annotations }) },
    spec: {
      replicas,
      serviceName: name,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: app },
      template: {
        metadata: { labels: app },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'app', image: 'registry.k8s.io/pause:3.9', volumeMounts }],
        },
      },
      volumeClaimTemplates: templates.map((template) => ({
        metadata: { name: template, labels: app, ...(rest.claimAnnotations && { annotations: rest.claimAnnotations }) },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: storageClass,
          resources: { requests: { storage: '1Gi' } },
        },
      })),
      ...rest.spec,
    },
  }
}
