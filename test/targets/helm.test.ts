import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { CLAIM } from '../../activities/targets/helm/records.ts'
import type { Plan } from '../../model/target.ts'
import { killed } from '../prove/helm/crash.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { flux, shop, target, written } from './helm-fixture.ts'
import { type Chart, configMap, type HelmLab, openHelm } from './helm-lab.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { deploymentOf } from './kubernetes-manifests.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

/** Charts of one version each, deployed one after the other. */
async function deployed(helm: HelmLab, name: string, charts: readonly Chart[]): Promise<void> {
  for (const chart of charts) await helm.deploy(name, chart)
}

function codes({ warnings }: Plan): string[] {
  return warnings.map(({ code }) => code)
}

/** The status of the record that helm wrote last, as a helm that died in the middle leaves it. */
async function leave(helm: HelmLab, name: string, status: string): Promise<void> {
  const { last } = await helm.release(name)
  const change = { metadata: { labels: { status } } }
  await lab.ask(
    'PATCH',
    `/api/v1/namespaces/${lab.namespace}/secrets/${last.key}`,
    change,
    'application/merge-patch+json',
  )
}

/** The claim of a worker elsewhere on the last record. */
async function claimed(helm: HelmLab, name: string, end: number): Promise<void> {
  const { last } = await helm.release(name)
  const text = JSON.stringify({ run: 'theirs', host: 'elsewhere', mark: 'theirs', until: end })
  const change = { metadata: { annotations: { [CLAIM]: text } } }
  const path = `/api/v1/namespaces/${lab.namespace}/secrets/${last.key}`
  await lab.ask('PATCH', path, change, 'application/merge-patch+json')
}

describe.each([3, 4] as const)('a release of Helm %i', (major) => {
  let helm: HelmLab
  beforeAll(async () => {
    helm = await openHelm(lab, major)
  }, 600_000)
  const named = (name: string) => `${name}-${major}`
  const context = () => contextFor(helm.connection)
  const back = async (name: string, more: object = {}) => {
    const step = helm.step(name, more)
    const plan = await planOf(target, step, context())
    const state = await applied(target, step, plan, context())
    return { step, plan, state, verdict: await verified(target, step, state, context()) }
  }

  it('is found by its whole name, and a version by its whole text', async () => {
    const name = named('exact')
    await deployed(helm, name, [shop(name, '1.2.0', '3.8'), shop(name, '1.2.10', '3.9'), shop(name, '1.2.1', '3.10')])
    await deployed(helm, `${name}-other`, [shop(`${name}-other`, '1.2.0', '3.9')])
    const plan = await planOf(target, helm.step(name, { to: '1.2.1' }), context())
    expect(codes(plan)).toContain('ALREADY_THERE')
    expect((await planOf(target, helm.step(name, { to: '1.2.0' }), context())).to).toMatchObject({ revision: 1 })
    const missing = await errorOf(() =>
      planOf(target, helm.step(name, { to: '1.2' }), { ...context(), ledger: async () => ({ releases: [] }) }),
    )
    expect(missing.message).toContain('the release does not have a revision of version 1.2; Helm keeps 3 (deployed), 2')
    const found = await target.history(target.schema.parse(helm.step(name)), context())
    expect(found.map(({ id, current }) => [id, current])).toEqual([
      ['3', true],
      ['2', false],
      ['1', false],
    ])
  })

  it('goes back object by object: what the plan names as deleted is gone, and undo brings it back', async () => {
    const name = named('objects')
    await deployed(helm, name, [shop(name, '1.8.0', '3.9'), shop(name, '1.9.0', '3.10')])
    const before = await written(helm, name)
    const { plan, state, step, verdict } = await back(name)
    expect(plan.changes.slice(0, 2)).toEqual([
      { path: `ConfigMap/${name}-1-9-0`, from: 'there', to: 'deleted' },
      { path: 'chart', from: `${name} 1.8.0`.replace('1.8.0', '1.9.0'), to: `${name} 1.8.0` },
    ])
    const image = `Deployment/${name} spec.template.spec.containers[app].image`
    const [from, to] = ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.9']
    expect(plan.changes).toContainEqual({ path: image, from, to })
    const hidden = { from: '(hidden)', to: '(hidden, another value)' }
    expect(plan.changes).toContainEqual({ path: `ConfigMap/${name} data.version`, ...hidden })
    expect(verdict.status).toBe('pass')
    const undo = await planOf(target, step, { ...context(), towards: plan.from })
    await applied(target, step, undo, context())
    expect(await written(helm, name)).toEqual(before)
    expect(state).toMatchObject({ revision: 3 })
  })

  it('says what the old chart’s hooks are, and after one that fails goes on from where the rollback began', async () => {
    const name = named('hooked')
    const annotations = { 'helm.sh/hook': 'pre-rollback' }
    const hook = configMap(`${name}-hook`, {}, { annotations })
    const broken = configMap('Not_A_Name', {}, { annotations: { 'helm.sh/hook': 'post-rollback' } })
    const first = shop(name, '1.8.0', '3.9')
    await deployed(helm, name, [{ ...first, objects: [...first.objects, hook, broken] }, shop(name, '1.9.0', '3.10')])
    const step = helm.step(name)
    const plan = await planOf(target, step, context())
    expect(plan.warnings.find(({ code }) => code === 'OLD_HOOKS')?.message).toContain(`ConfigMap/${name}-hook`)
    const error = await errorOf(() => applied(target, step, plan, context()))
    expect([error.code, error.message]).toEqual(['TARGET_REJECTED', expect.stringContaining('set hooks: false')])
    // Helm itself leaves it pending for ever, and the next upgrade is refused.
    expect((await helm.release(name)).last).toMatchObject({ revision: 3, status: 'failed' })
    const state = await applied(target, { ...step, hooks: false }, plan, context())
    // Helm 3 can't begin anew where the first attempt has made objects already: it runs once more on top.
    expect(state).toMatchObject({ revision: major === 3 ? 4 : 3 })
    expect((await verified(target, step, state, context())).status).toBe('pass')
    const { items } = await lab.ask<{ items: { metadata: { name: string } }[] }>(
      'GET',
      `/api/v1/namespaces/${lab.namespace}/configmaps`,
    )
    expect(items.map(({ metadata }) => metadata.name)).not.toContain(`${name}-1-9-0`)
  })

  it('is taken over from a helm that died in an upgrade, after the time that the step gives it', async () => {
    const name = named('pending')
    await deployed(helm, name, [shop(name, '1.8.0', '3.9'), shop(name, '1.9.0', '3.10')])
    await leave(helm, name, 'pending-upgrade')
    const step = helm.step(name, { takeover: '1s' })
    const plan = await planOf(target, step, context())
    expect(plan.warnings).toContainEqual(expect.objectContaining({ code: 'RELEASE_PENDING', confirm: true }))
    const patient = target.schema.parse({ ...step, takeover: '10m' })
    expect(await target.apply(patient as never, plan, context())).toMatchObject({
      doing: expect.stringContaining('revision 2 is pending-upgrade: a helm may still be at work'),
    })
    const state = await applied(target, step, plan, context())
    expect((await verified(target, step, state, context())).status).toBe('pass')
    await helm.deploy(name, shop(name, '2.0.0', '3.8'))
  })

  it('of which helm may be at work on another host is left alone for as long as that can live, and no longer', async () => {
    const name = named('claimed')
    await deployed(helm, name, [shop(name, '1.8.0', '3.9'), shop(name, '1.9.0', '3.10')])
    const step = helm.step(name)
    const plan = await planOf(target, step, context())
    await claimed(helm, name, Date.now() + 60_000)
    expect(await target.apply(target.schema.parse(step) as never, plan, context())).toMatchObject({
      again: 1_000,
      doing: expect.stringContaining('another rollback started helm; taken over in'),
    })
    await claimed(helm, name, Date.now() - 5_000)
    const state = await applied(target, step, plan, context())
    expect((await verified(target, step, state, context())).status).toBe('pass')
    const { entries } = await helm.release(name)
    expect(entries.map(({ claim }) => claim)).toEqual([undefined, undefined, undefined])
  })

  it('whose worker and guard died leaves a helm that the next attempt ends before it begins', async () => {
    const twin = await openLab(inject('kubeconfig'))
    try {
      const way = { how: [], major, victim: 'worker and guard' } as const
      const point = { write: 4, moment: 'answer' } as const
      const twins = { ours: helm, theirs: await openHelm(twin, major) }
      expect(await killed(twins, named('orphan'), point, way)).toContain('as its twin')
    } finally {
      await twin.close()
    }
  })

  it('stuck in its first install has nothing to go back to, and the message says what to do', async () => {
    const name = named('first')
    await helm.deploy(name, shop(name, '1.8.0', '3.9'))
    await leave(helm, name, 'pending-install')
    const error = await errorOf(() => planOf(target, helm.step(name), context()))
    expect([error.code, error.message]).toEqual([
      'NO_ROLLBACK_TARGET',
      expect.stringContaining('uninstall it and install it anew'),
    ])
  })

  it('warns of replicas that an autoscaler set, of what can’t be changed in place, and of CRDs that stay', async () => {
    const name = named('warned')
    const scaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas: 1, maxReplicas: 9 },
    }
    const service = (clusterIP: string) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { clusterIP, selector: { app: name }, ports: [{ port: 80 }] },
    })
    const chart = (version: string, ip: string): Chart => {
      const { objects } = shop(name, version, '3.9', { replicas: 2 })
      return { version, objects: [...objects, scaler, service(ip)], crds: [configMap(`crd-${version}`, {})] }
    }
    await helm.deploy(name, chart('1.8.0', 'None'), ['--skip-crds'])
    await lab.ask('DELETE', `/api/v1/namespaces/${lab.namespace}/services/${name}`)
    await helm.deploy(name, chart('1.9.0', ''), ['--skip-crds', ...(major === 4 ? ['--force-conflicts'] : [])])
    await lab.patch(name, { spec: { replicas: 5 } })
    const plan = await planOf(target, helm.step(name), context())
    const messages = plan.warnings.map(({ message }) => message).join('\n')
    expect(messages).toContain(`Deployment/${name} runs 5 replicas and helm sets 2: HorizontalPodAutoscaler ${name}`)
    expect(messages).toContain(`Service/${name} spec.clusterIP`)
    expect(codes(plan)).toEqual(expect.arrayContaining(['REPLICAS_DRIFT', 'IMMUTABLE_FIELDS', 'CRDS_KEPT']))
  })

  it('goes back also where Helm keeps its releases in ConfigMaps', async () => {
    const name = named('mapped')
    for (const [version, image] of Object.entries({ '1.8.0': '3.9', '1.9.0': '3.10' })) {
      const env = { HELM_DRIVER: 'configmap' }
      const folder = `${lab.folder}/${name}-${version}`
      await helm.write(folder, name, { version, objects: [deploymentOf(name, { image })] })
      await helm.helm(['upgrade', '--install', name, folder], env)
    }
    const { state, verdict } = await back(name, { driver: 'configmap' })
    expect([state['revision'], verdict.status]).toEqual([3, 'pass'])
  })

  it('of a suspended HelmRelease of Flux may be rolled back, with a warning', async () => {
    await flux(helm)
    const name = named('flux')
    await deployed(helm, name, [shop(name, '1.8.0', '3.9'), shop(name, '1.9.0', '3.10')])
    const release = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', metadata: { name } }
    await lab.apply({ ...release, spec: { suspend: false } })
    expect((await errorOf(() => planOf(target, helm.step(name), context()))).code).toBe('TARGET_OWNED')
    await lab.apply({ ...release, spec: { suspend: true } })
    expect(codes(await planOf(target, helm.step(name), context()))).toContain('FLUX_SUSPENDED')
  })

  it('whose pods do not start fails its verification at once, with the container and its reason', async () => {
    const name = named('broken')
    await deployed(helm, name, [
      shop(name, '1.8.0', '3.9', { behaviour: 'image-pull-error' }),
      shop(name, '1.9.0', '3.10'),
    ])
    const { verdict } = await back(name)
    expect(verdict).toMatchObject({
      status: 'fail',
      evidence: { summary: expect.stringContaining('ImagePullBackOff') },
    })
  })
})
