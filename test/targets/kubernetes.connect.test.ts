import { randomUUID } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer, connect as dial, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { survey } from '../../activities/targets/kubernetes/survey.ts'
import type { UnwindError } from '../../model/errors.ts'
import { createAuthority } from '../../tools/kubernetes/certificates.ts'
import { errorOf } from '../support/conformance-drive.ts'
import { connectAs, kubeconfigOf, manifest, tokenOf } from './kubernetes-accounts.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { codes, target, verbs } from './kubernetes-verbs.ts'

let lab: Lab
let pin: { server: string; caSha256?: string }
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
  pin = pinOf(loadKubeConfig({ kubeconfig: lab.kubeconfig }, 'lab'), 'lab')
  await lab.apply(...(await manifest('reader.yaml')), ...(await manifest('operator.yaml')))
  for (const image of ['3.7', '3.8']) await lab.deploy('app', { image })
})
afterAll(() => lab.close())

describe('a kubeconfig that leads elsewhere than recorded is refused', () => {
  const refused = (change: object): Promise<UnwindError> =>
    errorOf(async () => target.connect({ kubeconfig: lab.kubeconfig, pin: { ...pin, ...change } }, 'production'))

  it('the authority is the one that the cluster was made with', () => {
    expect(pin.caSha256).toBe(inject('clusterCaSha256'))
  })

  it('another server', async () => {
    const error = await refused({ server: 'https://production.example.test:6443' })
    expect(error.code).toBe('TARGET_MISMATCH')
    expect(error.message).toContain('https://production.example.test:6443')
    expect(error.message).toContain(pin.server)
  })

  it('another authority', async () => {
    expect((await refused({ caSha256: 'ab'.repeat(32) })).code).toBe('TARGET_MISMATCH')
  })

  it('the right address with the certificate of another authority', async () => {
    const foreign = Buffer.from(createAuthority('foreign').certificate).toString('base64')
    const kubeconfig = await kubeconfigOf(lab, {}, { 'certificate-authority-data': foreign })
    const connection = await target.connect({ kubeconfig, pin: { server: pin.server } }, 'production')
    expect((await verbs(lab, 'app').planError({ connection })).code).toBe('TARGET_MISMATCH')
  })

  it('another cluster behind the same address, before anything is read or written', async () => {
    const credentials = { kubeconfig: lab.kubeconfig, pin: { ...pin, clusterUid: randomUUID() } }
    const connection = await target.connect(credentials, 'production')
    const plan = await verbs(lab, 'app').plan()
    expect((await verbs(lab, 'app').planError({ connection })).code).toBe('TARGET_MISMATCH')
    expect((await verbs(lab, 'app').applyError(plan, { connection })).code).toBe('TARGET_MISMATCH')
  })

  it('without TLS verification', async () => {
    const options = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': undefined }
    const kubeconfig = await kubeconfigOf(lab, {}, options)
    const error = await errorOf(async () => target.connect({ kubeconfig, pin: { server: pin.server } }, 'production'))
    expect(error.code).toBe('CONFIGURATION_INVALID')
    expect(error.message).toContain('insecure-skip-tls-verify')
  })

  it('in plain HTTP beyond this machine', async () => {
    const server = 'http://api.example.test:8080'
    const kubeconfig = await kubeconfigOf(lab, {}, { server })
    expect((await errorOf(async () => target.connect({ kubeconfig, pin: { server } }, 'x'))).code).toBe(
      'CONFIGURATION_INVALID',
    )
  })

  it('names the contexts that there are when the wanted one is not among them', async () => {
    const credentials = { kubeconfig: lab.kubeconfig, context: 'prod', pin }
    const error = await errorOf(async () => target.connect(credentials, 'production'))
    expect(error.code).toBe('CONFIGURATION_INVALID')
    expect(error.message).toContain('"prod"')
  })
})

describe('one object, whatever the connection is called', () => {
  it('has one identity for its lock', async () => {
    const other = await target.connect({ kubeconfig: lab.kubeconfig, pin }, 'another-name')
    const { object } = await verbs(lab, 'app').plan()
    expect((await verbs(lab, 'app').plan({ connection: other })).object).toBe(object)
    const uid = await lab.ask<{ metadata: { uid: string } }>('GET', '/api/v1/namespaces/kube-system')
    expect(object).toBe(`kubernetes/${uid.metadata.uid}/${lab.namespace}/deployment/app`)
  })

  it('also for an account that may not read which cluster it is, once that is pinned', async () => {
    const { object } = await verbs(lab, 'app').plan()
    const kubeconfig = await kubeconfigOf(lab, { token: await tokenOf(lab, 'unwind-reader') })
    const clusterUid = object.split('/')[1]
    const connection = await target.connect({ kubeconfig, pin: { ...pin, clusterUid } }, 'reader')
    expect((await verbs(lab, 'app').plan({ connection })).object).toBe(object)
  })
})

describe('accounts with the rights of docs/rbac, and real tokens', () => {
  it('the reader plans and verifies, and is told which right a change needs', async () => {
    const connection = await connectAs(lab, 'unwind-reader')
    const plan = await verbs(lab, 'app').plan({ connection })
    expect(codes(plan)).not.toContain('NOT_CHECKED')
    expect((await verbs(lab, 'app').verify(plan.from, { connection })).status).toBe('pass')
    const error = await verbs(lab, 'app').applyError(plan, { connection })
    expect(error.code).toBe('TARGET_FORBIDDEN')
    expect(error.message).toContain(`may not patch deployments.apps in namespace ${lab.namespace}`)
    expect(error.message).toContain('docs/rbac/operator.yaml')
  })

  it('the operator carries a rollback out and back', async () => {
    const connection = await connectAs(lab, 'unwind-operator')
    const back = verbs(lab, 'app', { soak: '1s' })
    const plan = await back.plan({ connection })
    const state = await back.apply(plan, { connection })
    expect((await back.verify(state, { connection })).status).toBe('pass')
    await back.apply({ from: state, to: plan.from }, { connection })
    expect((await back.verify(plan.from, { connection })).status).toBe('pass')
  })

  it('the reader plans what reads a Secret, and the plan says what was not looked at', async () => {
    const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }]
    for (const image of ['3.7', '3.8']) await lab.deploy('secretive', { image, env })
    const connection = await connectAs(lab, 'unwind-reader')
    const plan = await verbs(lab, 'secretive').plan({ connection })
    const warning = plan.warnings.find(({ code }) => code === 'NOT_CHECKED')
    expect(warning?.message).toContain('secrets')
  })

  it('an account without rights is told the first one that it lacks', async () => {
    await lab.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'nobody' } })
    const error = await verbs(lab, 'app').planError({ connection: await connectAs(lab, 'nobody') })
    expect(error.code).toBe('TARGET_FORBIDDEN')
    expect(error.message).toContain(`may not get deployments.apps in namespace ${lab.namespace}`)
    expect(error.facts).toEqual({ verb: 'get', resource: 'deployments.apps', namespace: lab.namespace })
  })

  it('a token that is not valid is TARGET_FORBIDDEN', async () => {
    const kubeconfig = await kubeconfigOf(lab, { token: 'not-a-token' })
    const connection = await target.connect({ kubeconfig, pin }, 'expired')
    const error = await verbs(lab, 'app').planError({ connection })
    expect(error.code).toBe('TARGET_FORBIDDEN')
    expect(error.message).toContain('does not accept the worker')
    expect(error.message).not.toContain('not-a-token')
  })
})

describe('credential plug-ins', () => {
  it('one that gives a token is run, without a shell', async () => {
    const token = await tokenOf(lab, 'unwind-operator')
    const connection = await withPlugin(`console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential', status: { token: ${JSON.stringify(token)} } }))`)
    expect((await verbs(lab, 'app').plan({ connection })).object).toContain('/deployment/app')
  })

  it('one that fails is TARGET_UNREACHABLE, and what it wrote is not repeated', async () => {
    const connection = await withPlugin(`console.error('the password is hunter2'); process.exit(3)`)
    const error = await verbs(lab, 'app').planOnceError({ connection })
    expect(error.code).toBe('TARGET_UNREACHABLE')
    expect(error.message).toContain('credential plug-in')
    expect(`${error.stack}${String(error.cause)}`).not.toContain('hunter2')
  })

  it('one that is not installed is CONFIGURATION_INVALID', async () => {
    const kubeconfig = await kubeconfigOf(lab, { exec: plugin('/nowhere/to-be-found') })
    const connection = await target.connect({ kubeconfig, pin }, 'plugged')
    const error = await verbs(lab, 'app').planOnceError({ connection })
    expect(error.code).toBe('CONFIGURATION_INVALID')
    expect(error.message).toContain('/nowhere/to-be-found')
  })
})

describe('requests', () => {
  it('go over kept connections, with a client certificate', async () => {
    const relay = await startRelay(new URL(pin.server))
    try {
      const { user } = certificateOf(lab.kubeconfig)
      const kubeconfig = await kubeconfigOf(lab, user, { server: relay.url })
      const connection = await target.connect({ kubeconfig, pin: { ...pin, server: relay.url } }, 'kept')
      for (let count = 0; count < 10; count++) await verbs(lab, 'app').plan({ connection })
      expect(relay.connections()).toBeLessThanOrEqual(8)
    } finally {
      relay.stop()
    }
  })
})

describe('a survey of a cluster', () => {
  it('says where the kubeconfig leads, which rights it gives and what could be rolled back', async () => {
    const found = await survey({ kubeconfig: lab.kubeconfig, namespace: lab.namespace })
    expect(found.pin).toMatchObject({ ...pin, clusterUid: expect.stringMatching(/^[0-9a-f-]{36}$/) })
    expect(found.rights.every(({ allowed }) => allowed)).toBe(true)
    const app = found.workloads.find(({ workload }) => workload === 'deployment/app')
    expect(app).toMatchObject({ replicas: 2 })
    expect(app?.revisions.length).toBe(2)
  })

  it('says which rights an account lacks', async () => {
    const kubeconfig = await kubeconfigOf(lab, { token: await tokenOf(lab, 'unwind-reader') })
    const { rights, workloads } = await survey({ kubeconfig, namespace: lab.namespace })
    const lacking = rights.filter(({ allowed }) => !allowed).map(({ verb, resource }) => `${verb} ${resource}`)
    expect(lacking).toEqual([
      ...['patch deployments.apps', 'patch statefulsets.apps', 'patch daemonsets.apps', 'delete pods'],
      'get secrets',
    ])
    expect(workloads.length).toBeGreaterThan(0)
  })
})

function plugin(command: string, args: string[] = []): object {
  return { apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'Never' }
}

async function withPlugin(source: string): Promise<unknown> {
  const script = join(lab.folder, `${randomUUID()}.mjs`)
  await writeFile(script, source)
  await chmod(script, 0o700)
  const kubeconfig = await kubeconfigOf(lab, { exec: plugin(process.execPath, [script]) })
  return target.connect({ kubeconfig, pin }, 'plugged')
}

function certificateOf(kubeconfig: string): { user: object } {
  const { certData, keyData } = loadKubeConfig({ kubeconfig }, 'lab').getCurrentUser() ?? {}
  return { user: { 'client-certificate-data': certData, 'client-key-data': keyData } }
}

/** Passes bytes on, TLS and all, and counts connections. */
async function startRelay(to: URL) {
  let connections = 0
  const server = createServer((near) => {
    connections++
    const far = dial(Number(to.port), to.hostname)
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `https://127.0.0.1:${port}`, connections: () => connections, stop: () => server.close() }
}
