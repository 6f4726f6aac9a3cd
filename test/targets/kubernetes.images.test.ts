import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Cluster, loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { kubernetes } from '../../activities/targets/kubernetes/index.ts'
import type { Ledger } from '../../model/service/facts.ts'
import type { Plan } from '../../model/target.ts'
import { HTPASSWD, LOGIN, openRegistry, type RegistryLab } from '../images/registry-lab.ts'
import { contextFor, errorOf, planOf } from '../support/conformance-drive.ts'
import { shop, target as helmTarget } from './helm-fixture.ts'
import { openHelm } from './helm-lab.ts'
import { kubeconfigOf, manifest, tokenOf } from './kubernetes-accounts.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { codes, verbs } from './kubernetes-verbs.ts'

const BASIC = `Basic ${Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64')}`
let bare: Lab
/** The same, by a connection that is configured to ask both registries. */
let lab: Lab
let open: RegistryLab
let closed: RegistryLab

beforeAll(async () => {
  bare = await openLab(inject('kubeconfig'))
  open = await openRegistry()
  closed = await openRegistry({ htpasswd: HTPASSWD }, BASIC)
  lab = { ...bare, connection: await asking(bare.kubeconfig) }
}, 900_000)
afterAll(async () => {
  await Promise.all([open?.stop(), closed?.stop(), bare?.close()])
})

function asking(kubeconfig: string): Promise<Cluster> {
  const pin = pinOf(loadKubeConfig({ kubeconfig }, 'lab'), 'lab')
  return kubernetes.connect({ kubeconfig, pin: { ...pin, images: { plain: [open.host, closed.host] } } }, 'lab')
}

/** What a plan warns of its images. */
function said({ warnings }: Plan, code: string): string {
  return warnings.find((warning) => warning.code === code)?.message ?? ''
}

/** A ledger that has recorded one release, of this image. */
function ledgerOf(image: string): () => Promise<Ledger> {
  const release = { version: 'v1', images: [image], deployedAt: 0, verified: true, denied: false, migrations: [] }
  return async () => ({ releases: [release] })
}

/** An old release whose pods serve still, because the new one does not come up. */
async function stuck(name: string, image: string): Promise<void> {
  await lab.deploy(name, { image, container: { imagePullPolicy: 'IfNotPresent' } })
  await lab.deploy(name, { image: `${open.host}/shop/bad:v9`, behaviour: 'never-ready' }, 'observed')
}

/** Has the nodes say what they run, as a container runtime does. */
async function ran(name: string, image: string, digest: string): Promise<void> {
  const pods = await lab.pods(name)
  for (const { metadata, status } of pods) {
    const containerStatuses = status?.containerStatuses?.map((container) =>
      (container as { image?: string }).image === image
        ? { ...container, imageID: `${image.split(':v')[0]}@${digest}` }
        : container,
    )
    const path = `/api/v1/namespaces/${lab.namespace}/pods/${metadata.name}/status`
    await lab.ask('PATCH', path, { status: { containerStatuses } }, 'application/merge-patch+json')
  }
}

describe('the images that a plan of a workload leads to', () => {
  it('a tag that still leads to what the pods ran needs no word; one that has moved has to be confirmed', async () => {
    const image = `${open.host}/shop/app:v1`
    const digest = await open.push('shop/app', 'v1', 'as it ran')
    await stuck('moved', image)
    await ran('moved', image, digest)
    const proven = await verbs(lab, 'moved', { to: 1 }).plan()
    expect(codes(proven).filter((code) => /IMAGE|TAG/.test(code))).toEqual([])
    const now = await open.push('shop/app', 'v1', 'somebody pushed the tag anew')
    const plan = await verbs(lab, 'moved', { to: 1 }).plan()
    expect(plan.warnings.find(({ code }) => code === 'IMAGE_MOVED')).toMatchObject({ confirm: true })
    const message = said(plan, 'IMAGE_MOVED')
    for (const words of [digest, now, 'Nodes without a cached copy', `deploy ${open.host}/shop/app@${digest}`])
      expect(message).toContain(words)
    expect(codes(plan)).toContain('MUTABLE_TAG')
  })

  it('an image that is gone keeps the plan from being made, unless forced', async () => {
    const image = `${open.host}/shop/gone:v1`
    const digest = await open.push('shop/gone', 'v1', 'one')
    await stuck('gone', image)
    await open.remove('shop/gone', digest)
    const error = await verbs(lab, 'gone', { to: 1 }).planOnceError()
    expect(error.code).toBe('IMAGE_GONE')
    expect(error.message).toContain(`does not have ${image} any more, so pods will not start, except on nodes`)
    expect(error.message).toContain('Push what is missing again')
    const forced = await verbs(lab, 'gone', { to: 1, force: { reason: 'all nodes have it' } }).plan()
    expect(forced.warnings.find(({ code }) => code === 'IMAGE_GONE')).toMatchObject({ confirm: true })
  })

  it('where no pod is left, the ledger of releases tells what ran', async () => {
    const image = `${open.host}/shop/ledger:v1`
    const digest = await open.push('shop/ledger', 'v1', 'one')
    await open.push('shop/ledger', 'v2', 'two')
    await lab.deploy('ledger', { image })
    await lab.deploy('ledger', { image: `${open.host}/shop/ledger:v2` })
    const ledger = ledgerOf(`${image}@${digest}`)
    expect(codes(await verbs(lab, 'ledger').plan({ ledger }))).not.toContain('MUTABLE_TAG')
    expect(codes(await verbs(lab, 'ledger').plan())).toContain('MUTABLE_TAG')
    await open.push('shop/ledger', 'v1', 'another one')
    expect(said(await verbs(lab, 'ledger').plan({ ledger }), 'IMAGE_MOVED')).toContain(digest)
  })

  it('a registry that does not answer holds up nothing, and is not a yes', async () => {
    await stuck('nobody', '127.0.0.1:9/shop/app:v1')
    const plan = await verbs(lab, 'nobody', { to: 1 }).plan()
    expect(said(plan, 'IMAGE_NOT_CHECKED')).toContain('could not be checked: 127.0.0.1:9/shop/app:v1: 127.0.0.1:9')
    expect(codes(plan)).toContain('MUTABLE_TAG')
  })

  it('nobody is asked where the connection does not say so', async () => {
    await stuck('quiet', `${open.host}/shop/never-there:v1`)
    const found = codes(await verbs(bare, 'quiet', { to: 1 }).plan())
    expect(found.filter((code) => code.startsWith('IMAGE'))).toEqual([])
  })
})

describe('the logins of the pods', () => {
  const dockerconfig = (name: string) => {
    const auths = { [closed.host]: { auth: BASIC.slice('Basic '.length) } }
    const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') }
    return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/dockerconfigjson', data }
  }
  const release = (pod: object) => ({ image: `${closed.host}/shop/app:v1`, pod })
  const later = () => ({ image: `${open.host}/shop/bad:v9`, behaviour: 'never-ready' as const })

  it('pull secrets of the pod, else those of its ServiceAccount; nothing of them is in the plan', async () => {
    await closed.push('shop/app', 'v1', 'one')
    await lab.apply(dockerconfig('regcred'), {
      ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'pulling' } },
      imagePullSecrets: [{ name: 'regcred' }],
    })
    const ways = {
      pod: { imagePullSecrets: [{ name: 'regcred' }] },
      account: { serviceAccountName: 'pulling' },
      none: {},
    }
    for (const [name, pod] of Object.entries(ways)) {
      await lab.deploy(`login-${name}`, release(pod), 'observed')
      await lab.deploy(`login-${name}`, later(), 'observed')
      const plan = await verbs(lab, `login-${name}`, { to: 1 }).plan()
      expect([name, codes(plan).includes('IMAGE_NOT_CHECKED')]).toEqual([name, name === 'none'])
      expect(JSON.stringify(plan)).not.toContain(LOGIN.password)
    }
    const missing = await verbs(lab, 'login-none', { to: 1 }).plan()
    expect(said(missing, 'IMAGE_NOT_CHECKED')).toContain('no pull secret of the pods is good for it')
  })

  it('an account that may not read them says so; images.yaml grants it', async () => {
    await closed.push('shop/app', 'v1', 'one')
    await lab.apply(dockerconfig('granted'), ...(await manifest('operator.yaml')))
    await lab.deploy('rights', release({ imagePullSecrets: [{ name: 'granted' }] }), 'observed')
    await lab.deploy('rights', later(), 'observed')
    const token = await tokenOf(lab, 'unwind-operator')
    const limited = { ...lab, connection: await asking(await kubeconfigOf(lab, { token })) }
    const before = await verbs(limited, 'rights', { to: 1 }).plan()
    expect(said(before, 'IMAGE_NOT_CHECKED')).toContain('pull secret granted may not be read (docs/rbac/images.yaml)')
    await lab.apply(...(await manifest('images.yaml')))
    expect(codes(await verbs(limited, 'rights', { to: 1 }).plan())).not.toContain('IMAGE_NOT_CHECKED')
  })
})

describe('the images that a plan of a Helm release leads to', () => {
  it('gone, moved by the ledger, or there', async () => {
    const helm = await openHelm(lab, 4)
    const pin = pinOf(loadKubeConfig({ kubeconfig: lab.kubeconfig }, 'lab'), 'lab')
    const images = { plain: [open.host] }
    const connection = await helmTarget.connect(
      { kubeconfig: lab.kubeconfig, helm: helm.binary, pin: { ...pin, images } },
      'lab',
    )
    const digest = await open.push('shop/helm', 'v1', 'one')
    const at = (tag: string) => `${open.host}/shop/helm:${tag}`
    for (const tag of ['v1', 'v2']) await helm.deploy('images', shop('images', `1.0.${tag.slice(1)}`, at(tag)))
    const step = helm.step('images', { to: 1 })
    expect(codes(await planOf(helmTarget, step, contextFor(connection)))).toContain('MUTABLE_TAG')
    const ledger = ledgerOf(`${at('v1')}@${digest}`)
    const proven = codes(await planOf(helmTarget, step, contextFor(connection, { ledger })))
    expect(proven.filter((code) => /IMAGE|TAG/.test(code))).toEqual([])
    const other = await open.push('shop/helm', 'v1', 'another')
    expect(codes(await planOf(helmTarget, step, contextFor(connection, { ledger })))).toContain('IMAGE_MOVED')
    await open.remove('shop/helm', other)
    const error = await errorOf(() => planOf(helmTarget, step, contextFor(connection, { ledger })))
    expect([error.code, error.message]).toEqual(['IMAGE_GONE', expect.stringContaining(`still there as ${digest}`)])
  })
})
