import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import type { Ledger } from '../../model/service/facts.ts'
import type { CallContext } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import { AUTOMATED } from './fixture.ts'
import { type ArgoLab, deployment, openArgo, type Shop, target } from './lab.ts'

let lab: ArgoLab
let connection: unknown
beforeAll(async () => {
  lab = await openArgo({ kubeconfig: inject('kubeconfig'), ...inject('argo') })
  connection = await lab.connect()
})
afterAll(() => lab.close())

const GOOD = 'registry.k8s.io/pause:3.9'
const BAD = 'registry.k8s.io/pause:3.10'

const go = async (shop: Shop, more: object = {}, context: Partial<CallContext> = {}) => {
  const step = shop.step(more)
  const around = contextFor(connection, context)
  const plan = await planOf(target, step, around)
  return { step, around, plan, state: await applied(target, step, plan, around) }
}
const refusal = (shop: Shop, more: object = {}, context: Partial<CallContext> = {}) =>
  errorOf(() => planOf(target, shop.step(more), contextFor(connection, context)))
/** One that makes no application; answers how an application names it as its owner. */
async function applicationSet(name: string, more: object): Promise<object> {
  const about = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet' }
  const source = { repoURL: 'http://127.0.0.1:9/x.git', path: 'x' }
  const template = { metadata: { name: 'x' }, spec: { project: 'default', source, destination: {} } }
  const spec = { generators: [{ list: { elements: [] } }], template, ...more }
  const path = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applicationsets'
  const made = await lab.kube<{ metadata: { uid: string } }>('POST', path, { ...about, metadata: { name }, spec })
  return { ...about, name, uid: made.metadata.uid }
}

const codes = ({ warnings }: { warnings: { code: string }[] }) => warnings.map(({ code }) => code)

it('shows what changes, holds auto-sync by a window, and gives the sync policy back at once', async () => {
  const shop = await lab.shop(AUTOMATED)
  const { plan, state, step, around } = await go(shop, { hold: 'window' })
  expect(plan.changes).toContainEqual({
    path: 'auto-sync',
    from: 'on',
    to: `held by a sync window of project ${shop.name}`,
  })
  expect(plan.changes).toContainEqual({
    ...{ path: 'Deployment/web spec.template.spec.containers[web].image', from: BAD, to: GOOD },
  })
  expect(plan.artifacts).toEqual({ from: [BAD], to: [GOOD] })
  expect(plan.impact).toEqual([expect.stringMatching(/OutOfSync until Git holds/)])
  expect(codes(plan)).toEqual(['OWNED'])
  expect(await shop.image()).toBe(GOOD)
  expect((await shop.read()).spec.syncPolicy?.automated).toEqual(AUTOMATED.automated)
  expect(await shop.windows()).toEqual([
    expect.objectContaining({
      kind: 'deny',
      manualSync: true,
      applications: [shop.name],
      description: expect.stringContaining(around.rollbackId),
    }),
  ])
  expect((await verified(target, step, state, around)).status).toBe('pass')
})

it('undo goes to the deployment that was left, and auto-sync works again', async () => {
  const shop = await lab.shop(AUTOMATED)
  const { plan } = await go(shop, { hold: 'window' })
  const undo = await go(shop, { hold: 'window' }, { towards: plan.from })
  expect([await shop.image(), await shop.windows()]).toEqual([BAD, []])
  expect((await verified(target, undo.step, undo.state, undo.around)).status).toBe('pass')
  const next = shop.commit('3.8')
  await shop.refresh()
  await shop.until(({ status }) => status.history?.at(-1)?.revision === next)
})

it('with auto-sync switched off, the application says why', async () => {
  const shop = await lab.shop(AUTOMATED)
  const { around } = await go(shop, { hold: 'disable-auto-sync' })
  const { spec, metadata } = await shop.read()
  expect(spec.syncPolicy?.automated).toEqual({ ...AUTOMATED.automated, enabled: false })
  expect(metadata.annotations?.['unwind.dev/held']).toContain(around.rollbackId)
})

it('a second rollback under the same hold keeps it, and the first knows what auto-sync was before', async () => {
  const shop = await lab.shop({ ...AUTOMATED, tags: ['3.8', '3.9', '3.10'] })
  const first = await go(shop, { hold: 'disable-auto-sync' })
  const second = await go(shop, { to: 0 })
  expect([first.plan.owes, second.plan.owes]).toEqual([expect.stringContaining('switched off auto-sync'), undefined])
  expect([second.state['hold'], await shop.image()]).toEqual(['disable-auto-sync', 'registry.k8s.io/pause:3.8'])
  const settled = () =>
    target.settle?.(target.schema.parse(first.step) as never, { from: first.plan.from, to: first.state }, first.around)
  expect(await settled()).toMatchObject({ settled: false })
  shop.commit('3.8', { 'apps/README.md': 'back\n' })
  expect(await settled()).toMatchObject({ settled: true })
  const { spec, metadata } = await shop.read()
  expect([spec.syncPolicy?.automated, metadata.annotations?.['unwind.dev/held']]).toEqual([
    AUTOMATED.automated,
    undefined,
  ])
  expect(await settled()).toMatchObject({ settled: true })
})

it('foresees that Argo CD refuses a rollback under auto-sync, and offers the ways', async () => {
  const shop = await lab.shop(AUTOMATED)
  const { code, message } = await refusal(shop)
  expect(code).toBe('TARGET_OWNED')
  expect(message).toMatch(/hold: window.*hold: disable-auto-sync.*git-revert/)
  const { id } = (await shop.read()).status.history?.[0] ?? { id: 0 }
  const asked = lab.api('POST', `/applications/${shop.name}/rollback`, { name: shop.name, id })
  await expect(asked).rejects.toThrow('rollback cannot be initiated when auto-sync is enabled')
})

it('resolves ids, commits, releases and the last good one; a rollback’s own leavings are no good version', async () => {
  const shop = await lab.shop({ tags: ['3.8', '3.9', '3.10'] })
  const [first, second, third] = (await shop.read()).status.history ?? []
  const chosen = async (to: string | number, ledger?: Ledger) =>
    (await planOf(target, shop.step({ to }), contextFor(connection, ledger && { ledger: async () => ledger }))).to
  expect(await chosen(first?.id ?? -1)).toMatchObject({ id: first?.id, revisions: [first?.revision] })
  expect(await chosen(second?.revision.slice(0, 9) ?? '')).toMatchObject({ id: second?.id })
  const release = (version: string, commit = '', verified = true) => ({
    ...{ version, commit, verified, images: [], deployedAt: 1, denied: false, migrations: [] },
  })
  const ledger: Ledger = {
    releases: [release('v3', third?.revision), release('v2', second?.revision, false), release('v1', first?.revision)],
  }
  expect(await chosen('last-good', ledger)).toMatchObject({ id: first?.id })
  expect(await chosen('v2', ledger)).toMatchObject({ id: second?.id })
  await go(shop, { to: first?.id ?? -1 })
  const guess = await planOf(target, shop.step({ to: 'last-good' }), contextFor(connection))
  expect(codes(guess)).toContain('UNVERIFIED_TARGET')
  expect(await refusal(shop, { to: 999 })).toMatchObject({
    code: 'NO_ROLLBACK_TARGET',
    message: expect.stringContaining('does not have deployment 999'),
  })
})

it('a commit that the history does not have is synced to, after it is confirmed', async () => {
  const shop = await lab.shop()
  const between = shop.commit('3.7')
  shop.commit('3.8')
  const { plan, around } = await go(shop, { to: between })
  expect(codes(plan)).toContain('NOT_IN_HISTORY')
  expect(await shop.image()).toBe('registry.k8s.io/pause:3.7')
  const { operationState } = (await shop.read()).status as { operationState?: { operation?: { info?: object[] } } }
  expect(operationState?.operation?.info).toEqual([{ name: 'unwind', value: around.rollbackId }])
})

it('an operation of somebody else is told, and ended when the step says so', async () => {
  const shop = await lab.shop()
  const hook = `apiVersion: batch/v1
kind: Job
metadata: { name: slow, annotations: { argocd.argoproj.io/hook: PreSync } }
spec: { template: { spec: { restartPolicy: Never, nodeSelector: { no: node }, containers: [{ name: slow, image: 'registry.k8s.io/pause:3.9' }] } } }
`
  shop.commit('3.8', { 'apps/hook.yaml': hook })
  await shop.sync()
  await shop.until(({ status }) => status.operationState?.phase === 'Running')
  const plan = await planOf(target, shop.step({ to: 0 }), contextFor(connection))
  expect(codes(plan)).toContain('OPERATION_RUNNING')
  const { state } = await go(shop, { to: 0, terminate: true })
  expect([state['id'], await shop.image()]).toEqual([0, GOOD])
})

it('a window that denies syncs by hand is told, and nothing is started under it', async () => {
  const shop = await lab.shop()
  const path = `/projects/${shop.name}`
  const project = await lab.api<{ spec: object }>('GET', path)
  const window = { kind: 'deny', schedule: '* * * * *', duration: '1h', applications: ['*'] }
  await lab.api('PUT', path, { project: { ...project, spec: { ...project.spec, syncWindows: [window] } } })
  const context = contextFor(connection)
  const plan = await planOf(target, shop.step(), context)
  expect(codes(plan)).toContain('SYNC_WINDOW')
  const error = await errorOf(() => applied(target, shop.step(), plan, context))
  expect(error).toMatchObject({ code: 'TARGET_REJECTED', message: expect.stringContaining('sync window of project') })
  // Somebody else’s rollback is taken by Argo CD and held back: ours ends the one that leads to the same deployment.
  await lab.api('POST', `/applications/${shop.name}/rollback`, { name: shop.name, id: 0 })
  await shop.until(({ status }) => /blocked by sync window/.test(status.operationState?.message ?? ''))
  const caught = await errorOf(() => applied(target, shop.step(), plan, context))
  expect(caught.message).toContain('sync window of project')
  // Argo CD ends it for good once the window lets it look.
  await shop.until(({ status }) => status.operationState?.phase === 'Terminating')
  await lab.api('PUT', path, { project: { ...(await lab.api<object>('GET', path)), spec: project.spec } })
  await shop.until(({ operation }) => operation === undefined)
  expect(await shop.image()).toBe(BAD)
})

it('who writes sync policy or project is found, and the other hold is offered', async () => {
  const owner = await applicationSet('shops', {})
  const shop = await lab.shop({ ...AUTOMATED, metadata: { ownerReferences: [owner] } })
  const refused = await refusal(shop, { hold: 'disable-auto-sync' })
  expect(refused).toMatchObject({
    code: 'TARGET_OWNED',
    message: expect.stringContaining('ApplicationSet shops writes the sync policy'),
  })
  expect(codes(await planOf(target, shop.step({ hold: 'window' }), contextFor(connection)))).toEqual(['OWNED'])
  const tracked = { annotations: { 'argocd.argoproj.io/tracking-id': 'root:argoproj.io/Application:argocd/child' } }
  const child = await lab.shop({ ...AUTOMATED, metadata: tracked })
  expect((await refusal(child, { hold: 'disable-auto-sync' })).message).toContain('application root writes')
  const project = `/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/${child.name}`
  await lab.kube('PATCH', project, { metadata: tracked }, 'application/merge-patch+json')
  expect((await refusal(child, { hold: 'window' })).message).toContain(`application root writes project ${child.name}`)
})

it('an ApplicationSet that leaves the sync policy alone is no owner of it', async () => {
  const owner = await applicationSet('lenient', {
    ignoreApplicationDifferences: [{ jsonPointers: ['/spec/syncPolicy'] }],
  })
  const shop = await lab.shop({ ...AUTOMATED, metadata: { ownerReferences: [owner] } })
  const plan = await planOf(target, shop.step({ hold: 'disable-auto-sync' }), contextFor(connection))
  expect(codes(plan)).toEqual(['OWNED'])
})

it('an application of several sources goes back in all of them', async () => {
  const files = {
    'more/settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { pool: "3" }\n',
  }
  const source = (repoURL: string, path: string) => ({ repoURL, path, targetRevision: 'main' })
  const spec = (url: string) => ({ sources: [source(url, 'apps'), source(url, 'more')] })
  const shop = await lab.shop({ ...AUTOMATED, files, spec })
  const { plan, state, step, around } = await go(shop, { hold: 'window' })
  expect(plan.to['revisions']).toHaveLength(2)
  expect(plan.changes.map(({ path }) => path)).toContain('Deployment/web spec.template.spec.containers[web].image')
  expect(await shop.image()).toBe(GOOD)
  expect((await verified(target, step, state, around)).status).toBe('pass')
})

it('what the earlier deployment lacks stays unless it is pruned, and hooks that are left out are named', async () => {
  const shop = await lab.shop({ tags: ['3.9'] })
  const hook = {
    'apps/hook.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: hook, annotations: { argocd.argoproj.io/hook: PostSync } }\n',
  }
  const extra = { 'apps/extra.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: extra }\ndata: { a: "1" }\n' }
  for (const [tag, files] of [
    ['3.8', hook],
    [
      '3.10',
      { ...extra, 'apps/hook.yaml': deployment('x').replaceAll('web', 'other').replace('pause:x', 'pause:3.9') },
    ],
  ] as const) {
    const revision = shop.commit(tag, files)
    await shop.refresh()
    await shop.sync()
    await shop.until(
      ({ status, operation }) => operation === undefined && status.history?.at(-1)?.revision === revision,
    )
  }
  const plan = await planOf(target, shop.step(), contextFor(connection))
  expect(codes(plan)).toEqual(['HOOKS_SKIPPED', 'NOT_PRUNED'])
  const { plan: pruning } = await go(shop, { prune: true })
  expect(codes(pruning)).toEqual(['HOOKS_SKIPPED', 'PRUNED'])
  const path = `/api/v1/namespaces/${shop.name}/configmaps/extra`
  await expect(lab.kube('GET', path)).rejects.toThrow('404')
})

it('what the account lacks is told by the plan, and each denial by its line', async () => {
  const shop = await lab.shop(AUTOMATED)
  const own = await lab.connect('own-app')
  const { code, message } = await errorOf(() => planOf(target, shop.step({ hold: 'window' }), contextFor(own)))
  expect([code, message]).toEqual(['TARGET_FORBIDDEN', expect.stringContaining(`"projects, get, ${shop.name}"`)])
  const reader = await lab.connect('reader')
  const plan = await planOf(target, shop.step({ hold: 'window' }), contextFor(reader))
  expect(plan.warnings.find((warning) => warning.code === 'RIGHTS_MISSING')?.message).toBe(
    `the account of the token lacks "applications, sync, ${shop.name}/${shop.name}" and "applications, update, ${shop.name}/${shop.name}" and "projects, update, ${shop.name}"`,
  )
  const gone = { kind: 'argo-cd', application: 'nowhere', project: 'default', to: 'previous' }
  expect((await errorOf(() => planOf(target, gone, contextFor(connection)))).code).toBe('TARGET_NOT_FOUND')
})

it('a sync that fails is told with the objects that it failed on, and retry begins it anew', async () => {
  const shop = await lab.shop()
  const broken = shop.commit('3.8', {
    'apps/broken.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: broken }\nspec: { ports: [{ port: 0 }] }\n',
  })
  const plan = await planOf(target, shop.step({ to: broken }), contextFor(connection))
  const { code, message } = await errorOf(() =>
    applied(target, shop.step({ to: broken }), plan, contextFor(connection)),
  )
  expect([code, message]).toEqual(['TARGET_REJECTED', expect.stringContaining('Service/broken')])
  const again = await errorOf(() => applied(target, shop.step({ to: broken }), plan, contextFor(connection)))
  expect(again.message).toContain('Service/broken')
  const back = await go(shop, { to: 'previous' })
  expect([back.state['id'], await shop.image()]).toEqual([1, BAD])
})
