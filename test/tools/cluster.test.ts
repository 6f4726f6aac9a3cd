import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { findBinary } from '../../tools/find.ts'
import { type Cluster, startCluster } from '../../tools/kubernetes/cluster.ts'
import { applyShop, type Behaviour, breakCheckout } from '../../tools/kubernetes/shop.ts'
import { until } from '../../tools/wait.ts'
import { listeningPorts } from './listening.ts'

let cluster: Cluster

beforeAll(async () => {
  await findBinary('kubectl')
  cluster = await startCluster()
})

afterAll(() => cluster?.stop())

interface Pod {
  metadata: { name: string }
  status: {
    phase: string
    podIP?: string
    conditions?: { type: string; status: string }[]
    containerStatuses?: Container[]
  }
}

interface Container {
  ready: boolean
  restartCount: number
  imageID: string
  state: { running?: object; waiting?: { reason: string; message: string } }
  lastState?: { terminated?: { exitCode: number; reason: string } }
}

async function json<Answer>(...args: string[]): Promise<Answer> {
  return JSON.parse(await cluster.kubectl(...args, '-o', 'json')) as Answer
}

async function deploy(name: string, behaviour?: Behaviour, annotations: Record<string, string> = {}): Promise<void> {
  const labels = { app: name, ...(behaviour ? { 'unwind.dev/simulate': behaviour } : {}) }
  const containers = [{ name: 'app', image: `registry.example/${name}:v1` }]
  await cluster.apply([
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'default' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels, annotations }, spec: { containers } },
      },
    },
  ])
}

async function pods(name: string): Promise<Pod[]> {
  return (await json<{ items: Pod[] }>('get', 'pods', '-l', `app=${name}`)).items
}

/** Waits until both pods of a Deployment are as described, and answers their containers. */
async function both(name: string, what: string, holds: (container: Container, pod: Pod) => boolean) {
  return until(
    `both pods of ${name} to be ${what}`,
    async () => {
      const found = await pods(name)
      const containers = found.flatMap((pod) => (pod.status.containerStatuses ?? []).map((status) => ({ status, pod })))
      return containers.length === 2 && containers.every(({ status, pod }) => holds(status, pod)) && containers
    },
    { within: 60_000, every: 100 },
  )
}

async function readyReplicas(name: string): Promise<number> {
  const found = await json<{ status: { readyReplicas?: number } }>('get', 'deployment', name)
  return found.status.readyReplicas ?? 0
}

async function warned(name: string, reason: string): Promise<string> {
  return until(
    `a warning ${reason} about ${name}`,
    async () => {
      const events = await cluster.kubectl('get', 'events', '--field-selector', `type=Warning,reason=${reason}`)
      return events.includes(`pod/${name}-`) && events
    },
    { within: 15_000, every: 100 },
  )
}

describe('each way a pod can behave, under a real Deployment', () => {
  test('without a label it is ready at once, and gone at once when deleted', async () => {
    await deploy('healthy')
    await cluster.kubectl('rollout', 'status', 'deployment/healthy', '--timeout=30s')
    const [first] = await both('healthy', 'ready', ({ ready }) => ready)
    expect(first?.status.imageID).toMatch(/^registry\.example\/healthy:v1@sha256:[0-9a-f]{64}$/)
    expect(first?.pod.status.podIP).toMatch(/^10\.244\./)
    await cluster.kubectl('delete', 'deployment', 'healthy')
    await until('its pods to be gone', async () => (await pods('healthy')).length === 0, { within: 10_000 })
  })

  test('slow: runs without being ready, and is ready in the end', async () => {
    await deploy('slow', 'slow', { 'unwind.dev/ready-after': '3s' })
    const began = Date.now()
    await both('slow', 'running but not ready', ({ ready, state }) => !ready && state.running !== undefined)
    expect(await readyReplicas('slow')).toBe(0)
    await warned('slow', 'Unhealthy')
    await both('slow', 'ready', ({ ready }) => ready)
    expect(Date.now() - began).toBeGreaterThan(2500)
    await cluster.kubectl('rollout', 'status', 'deployment/slow', '--timeout=10s')
  })

  test('never-ready: runs, is never ready, and the rollout exceeds its deadline', async () => {
    await deploy('never', 'never-ready')
    await cluster.kubectl('patch', 'deployment', 'never', '-p', '{"spec":{"progressDeadlineSeconds":2}}')
    await both('never', 'running but not ready', ({ ready, state }) => !ready && state.running !== undefined)
    const rollout = cluster.kubectl('rollout', 'status', 'deployment/never', '--timeout=60s')
    await expect(rollout).rejects.toThrow('exceeded its progress deadline')
    expect(await readyReplicas('never')).toBe(0)
  })

  test('crash-loop: waits to be restarted, and the restart count grows', async () => {
    await deploy('crashing', 'crash-loop')
    const [first] = await both('crashing', 'in CrashLoopBackOff', backingOff)
    expect(first?.pod.status.phase).toBe('Running')
    expect(first?.status.state.waiting?.message).toContain('restarting failed container=app pod=crashing-')
    expect(first?.status.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' })
    await warned('crashing', 'BackOff')
    await both('crashing', 'restarted again', ({ restartCount }) => restartCount >= 2)
    expect(await readyReplicas('crashing')).toBe(0)
  })

  test('image-pull-error: stays Pending in ImagePullBackOff', async () => {
    await deploy('missing', 'image-pull-error')
    const [first] = await both(
      'missing',
      'in ImagePullBackOff',
      ({ state }) => state.waiting?.reason === 'ImagePullBackOff',
    )
    expect(first?.pod.status.phase).toBe('Pending')
    expect(first?.status.state.waiting?.message).toContain('registry.example/missing:v1')
    expect(await warned('missing', 'Failed')).toContain('ErrImagePull')
  })

  test('ready-then-failing: the rollout succeeds, then every pod crashes', async () => {
    await deploy('late', 'ready-then-failing', { 'unwind.dev/fail-after': '2s' })
    await cluster.kubectl('rollout', 'status', 'deployment/late', '--timeout=30s')
    await both('late', 'in CrashLoopBackOff', backingOff)
    expect(await readyReplicas('late')).toBe(0)
  })

  test('the pods of a Job complete', async () => {
    await cluster.kubectl('create', 'job', 'once', '--image=registry.example/once:v1')
    await cluster.kubectl('wait', '--for=condition=complete', 'job/once', '--timeout=30s')
  })
})

function backingOff({ ready, state }: Container): boolean {
  return !ready && state.waiting?.reason === 'CrashLoopBackOff'
}

test('the shop is healthy, then checkout breaks, and an undo heals it', async () => {
  await applyShop(cluster)
  await breakCheckout(cluster)
  const rollout = (limit: string) =>
    cluster.kubectl('rollout', 'status', 'deployment/checkout', '-n', 'shop', `--timeout=${limit}`)
  await expect(rollout('1s')).rejects.toThrow()
  await cluster.kubectl('rollout', 'undo', 'deployment/checkout', '-n', 'shop')
  expect(await rollout('30s')).toContain('successfully rolled out')
})

test('kubectl exec answers', async () => {
  await deploy('exec')
  await cluster.kubectl('rollout', 'status', 'deployment/exec', '--timeout=30s')
  expect(await cluster.kubectl('exec', 'deploy/exec', '--', 'echo', 'hello')).toBe('hello\n')
  await expect(cluster.kubectl('exec', 'deploy/exec', '--', 'false')).rejects.toThrow('exit status 1')
})

test('a service account has the rights it was given, and no others', async () => {
  await cluster.kubectl('create', 'serviceaccount', 'reader')
  await cluster.kubectl('create', 'rolebinding', 'reader', '--clusterrole=view', '--serviceaccount=default:reader')
  const kubeconfig = await cluster.serviceAccountKubeconfig('default', 'reader')
  const asReader = (...args: string[]) => cluster.kubectl('--kubeconfig', kubeconfig, ...args)
  expect(await asReader('get', 'pods')).toBeDefined()
  await expect(asReader('create', 'configmap', 'x')).rejects.toThrow('system:serviceaccount:default:reader')
})

describe('an API server', () => {
  const ask = () => cluster.kubectl('get', 'namespace', 'default', '--request-timeout=2s')

  test('that was killed comes back with its data on the same address', async () => {
    await cluster.kubectl('create', 'configmap', 'kept')
    await cluster.killApiServer()
    await expect(ask()).rejects.toThrow('refused')
    await cluster.restartApiServer()
    expect(await cluster.kubectl('get', 'configmap', 'kept')).toContain('kept')
    await deploy('after')
    await cluster.kubectl('rollout', 'status', 'deployment/after', '--timeout=60s')
  })

  test('that is paused answers nothing, until it goes on', async () => {
    cluster.pauseApiServer()
    onTestFinished(() => cluster.resumeApiServer())
    await expect(ask()).rejects.toThrow()
    cluster.resumeApiServer()
    expect(await ask()).toContain('default')
  })
})

test('two clusters at once do not collide, and one that ends leaves the other alone', async () => {
  const [one, other] = await Promise.all([startCluster({ nodes: 1 }), startCluster({ nodes: 1 })])
  onTestFinished(() => one.stop())
  onTestFinished(() => other.stop())
  expect(one.server).not.toBe(other.server)
  expect(one.caSha256).not.toBe(other.caSha256)
  await one.kubectl('create', 'configmap', 'only-here')
  expect(await other.kubectl('get', 'configmaps')).not.toContain('only-here')
  await one.stop()
  await other.kubectl('create', 'deployment', 'x', '--image=registry.example/x:v1')
  await other.kubectl('rollout', 'status', 'deployment/x', '--timeout=30s')
})

test('nothing listens beyond loopback', async () => {
  const listening = await listeningPorts(cluster.stateDir)
  expect(listening.length).toBeGreaterThanOrEqual(6)
  expect(listening.filter(({ address }) => address !== '127.0.0.1')).toEqual([])
})
