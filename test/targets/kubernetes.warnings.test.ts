import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { until } from '../support/until.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { IMAGE, type Release } from './kubernetes-manifests.ts'
import { codes, verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

/** A ConfigMap in an envFrom and a Secret in a volume, under names made from the Deployment's. */
function reading(name: string, image: string): Release {
  const pod = {
    volumes: [
      { name: 'keys', secret: { secretName: `${name}-keys` } },
      { name: 'all', projected: { sources: [{ secret: { name: `${name}-more`, optional: true } }] } },
    ],
  }
  return { image, pod, container: { envFrom: [{ configMapRef: { name: `${name}-settings` } }] } }
}

function settings(name: string, value: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-settings` }, data: { mode: value } }
}

function keys(name: string, value: string): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: `${name}-keys` }, stringData: { key: value } }
}

/** Kubernetes counts in whole seconds, so what shall be later has to wait for the next one. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1_000)
  await until(
    async () => Math.floor(Date.now() / 1_000),
    (now) => now > second,
    () => 'the clock stands still',
  )
}

describe('configuration that the old pods will start with', () => {
  it.each([
    ['ConfigMap', settings],
    ['Secret', keys],
  ])('a %s that was changed since the old release was made', async (kind, make) => {
    const name = `changed-${kind.toLowerCase()}`
    await lab.apply(settings(name, 'a'), keys(name, 'a'))
    await lab.deploy(name, reading(name, '3.7'))
    await lab.deploy(name, reading(name, '3.8'))
    expect(codes(await verbs(lab, name).plan())).not.toContain('CONFIG_CHANGED')
    await nextSecond()
    await lab.apply(make(name, 'changed-value'))
    const { warnings } = await verbs(lab, name).plan()
    const found = warnings.filter(({ code }) => code === 'CONFIG_CHANGED')
    expect(found).toHaveLength(1)
    expect(found[0]?.message).toContain(`${kind} ${name}-`)
    expect(found[0]?.message).toMatch(/ was changed at \S+Z by lab, after .* kubernetes-config /)
    expect(found[0]?.message).not.toContain('changed-value')
  })

  it('labels that were changed are not content', async () => {
    await lab.apply(settings('labelled', 'a'), keys('labelled', 'a'))
    await lab.deploy('labelled', reading('labelled', '3.7'))
    await lab.deploy('labelled', reading('labelled', '3.8'))
    await nextSecond()
    const path = `/api/v1/namespaces/${lab.namespace}/configmaps/labelled-settings?fieldManager=other`
    await lab.ask('PATCH', path, { metadata: { labels: { a: 'b' } } }, 'application/merge-patch+json')
    expect(codes(await verbs(lab, 'labelled').plan())).not.toContain('CONFIG_CHANGED')
  })

  it('what is missing must be confirmed; what is optional may be', async () => {
    await lab.apply(settings('missing', 'a'))
    await lab.deploy('missing', reading('missing', '3.7'))
    await lab.deploy('missing', reading('missing', '3.8'))
    const { warnings } = await verbs(lab, 'missing').plan()
    const found = warnings.filter(({ code }) => code === 'CONFIG_MISSING')
    expect(found).toEqual([{ code: 'CONFIG_MISSING', confirm: true, message: expect.stringContaining('missing-keys') }])
  })
})

describe('other things that one should know', () => {
  it('a tag can be pushed anew, a digest can not', async () => {
    await lab.deploy('pinned', { image: `${IMAGE}@sha256:${'b2'.repeat(32)}` })
    await lab.deploy('pinned', { image: '3.8' })
    await lab.deploy('pinned', { image: '3.9' })
    expect(codes(await verbs(lab, 'pinned', { to: 1 }).plan())).not.toContain('MUTABLE_TAG')
    expect(codes(await verbs(lab, 'pinned', { to: 2 }).plan())).toContain('MUTABLE_TAG')
  })

  it('client-side apply does not learn of a rollback', async () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
    for (const image of ['3.7', '3.8']) await lab.deploy('client-side', { image, annotations })
    expect(codes(await verbs(lab, 'client-side').plan())).toContain('CLIENT_SIDE_APPLY')
  })

  it('the diff names what changes and shows no value that could be a secret', async () => {
    const release = (image: string, value: string) => ({
      image,
      env: [{ name: 'PASSWORD', value }],
      container: { args: [`--token=${value}`], resources: { requests: { cpu: image === '3.7' ? '10m' : '20m' } } },
    })
    await lab.deploy('diff', release('3.7', 'hunter2-old'))
    await lab.deploy('diff', release('3.8', 'hunter2-new'))
    const { changes } = await verbs(lab, 'diff').plan()
    expect(changes).toEqual([
      { path: 'spec.containers[app].args[0]', from: '(hidden)', to: '(hidden, another value)' },
      { path: 'spec.containers[app].env[PASSWORD].value', from: '(hidden)', to: '(hidden, another value)' },
      { path: 'spec.containers[app].image', from: `${IMAGE}:3.8`, to: `${IMAGE}:3.7` },
      { path: 'spec.containers[app].resources.requests.cpu', from: '20m', to: '10m' },
    ])
  })
})
