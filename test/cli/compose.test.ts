import { createHash, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { parse } from 'yaml'
import { claimPort, releasePort } from '../../tools/process/ports.ts'
import { startProcess } from '../../tools/process.ts'
import { run } from '../../tools/run.ts'
import { unwind } from './unwind.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

interface Service {
  build?: string
  command: string[]
  environment: Record<string, string>
  volumes: string[]
  healthcheck?: { test: string[] }
}

const { services } = parse(await readFile(join(ROOT, 'docker-compose.yml'), 'utf8')) as {
  services: Record<string, Service>
}
const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '') as string[]

let folder: string
let port: number
const stop: (() => Promise<void>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-compose-'))
  port = await claimPort()
  await mkdir(join(folder, 'deploy'))
  const kubeconfig = inject('kubeconfig')
  // The steps that the file asks for in its first lines.
  for (const args of [
    ['init', '--config', 'deploy/unwind.yaml', '--kubeconfig', kubeconfig, '-n', 'default'],
    ['setup', '--keys', '--folder', 'deploy/keys'],
  ])
    expect(await unwind(args, { cwd: folder })).toMatchObject({ code: 0 })
  await symlink(kubeconfig, join(folder, 'deploy/kubeconfig'))
  await configure(join(folder, 'deploy/unwind.yaml'))
})

afterAll(async () => {
  for (const end of stop.toReversed()) await end()
  releasePort(port)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function configure(path: string): Promise<void> {
  const written = parse(await readFile(path, 'utf8')) as object
  const sha256 = createHash('sha256').update('unwind_test').digest('hex')
  const tokens = [{ subject: 'anna', sha256, verbs: ['read'], environments: ['*'] }]
  const configuration = {
    ...written,
    // A queue of its own: other tests' workers poll the same Temporal.
    temporal: { taskQueue: `compose-${randomUUID().slice(0, 8)}` },
    api: { host: '0.0.0.0', port, signingKey: 'keys/signing.pem', tokens },
    worker: { verifyKeys: ['keys/verify.pem'], credentials: { production: { kubeconfig: 'kubeconfig' } } },
  }
  await writeFile(path, JSON.stringify(configuration))
}

/** What a container of a service would run: its root holds only what is mounted, its environment only what is set. */
async function container(name: string) {
  const service = services[name]
  if (!service) throw new Error(`docker-compose.yml has no service ${name}`)
  const root = join(folder, name)
  for (const [from = '', to = ''] of service.volumes.map((volume) => volume.split(':'))) {
    await mkdir(dirname(join(root, to)), { recursive: true })
    await symlink(join(folder, from), join(root, to))
  }
  const addresses: Record<string, string> = {
    'temporal:7233': inject('temporalAddress'),
    'http://api:7420': `http://127.0.0.1:${port}`,
    'http://127.0.0.1:7420': `http://127.0.0.1:${port}`,
  }
  const environment = Object.entries(service.environment).map(([key, value]) => [key, addresses[value] ?? value])
  const inside = (words: readonly string[]) => {
    expect(words.slice(0, 2)).toEqual(['node', 'dist/cli/main.js'])
    return [
      join(ROOT, 'dist/cli/main.js'),
      ...words.slice(2).map((word) => (word.startsWith('/') ? root + word : word)),
    ]
  }
  const options = { cwd: ROOT, env: { NODE_ENV: 'production', HOME: root, ...Object.fromEntries(environment) } }
  const { test: probe = [] } = service.healthcheck ?? {}
  return {
    root,
    runs: () => run(process.execPath, inside([...entrypoint, ...service.command]), options),
    isHealthy: () => run(process.execPath, inside(probe.slice(1)), options).then(() => true),
    start: async (ready: () => Promise<boolean>) => {
      const args = inside([...entrypoint, ...service.command])
      const state = { path: root, temporary: false }
      const part = await startProcess({ name, command: process.execPath, args, ...options, folder: state, ready })
      stop.push(() => part.stop())
      return part
    },
  }
}

test('every service of ours in docker-compose.yml is one that is started here', () => {
  const ours = Object.keys(services).filter((name) => services[name]?.build)
  expect(ours).toEqual(['setup', 'api', 'worker'])
})

test('the service setup prepares Temporal with what is mounted, and keeps the keys that are there', async () => {
  const before = await readFile(join(folder, 'deploy/keys/signing.pem'), 'utf8')
  const { stderr } = await (await container('setup')).runs()
  expect(stderr).toContain(`Temporal     ${inject('temporalAddress')}`)
  expect(await readFile(join(folder, 'deploy/keys/signing.pem'), 'utf8')).toBe(before)
})

test('the services api and worker become healthy with what is mounted and set, and by the probes of the file', async () => {
  const [api, worker] = await Promise.all([container('api'), container('worker')])
  await expect(api.isHealthy()).rejects.toThrow('Nothing answers')
  await api.start(api.isHealthy)
  await expect(worker.isHealthy()).rejects.toThrow(/NO_WORKER|TEMPORAL_UNAVAILABLE/)
  const started = await worker.start(worker.isHealthy)
  expect(started.alive).toBe(true)
  const answer = await fetch(`http://127.0.0.1:${port}/v1/rollbacks`)
  expect(answer.status).toBe(401)
})
