import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { readConfiguration } from '../../config/load.ts'
import { claimPort, releasePort } from '../../tools/process/ports.ts'
import { answers, listens } from '../../tools/process/ready.ts'
import { run } from '../../tools/run.ts'
import { until } from '../support/until.ts'
import { type Running, start, type Surroundings, unwind } from './unwind.ts'

let folder: string
let port: number
let around: Surroundings
const running: Running[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-server-'))
  port = await claimPort()
  around = { cwd: folder, env: { UNWIND_STATE: join(folder, 'state'), UNWIND_URL: `http://127.0.0.1:${port}` } }
  const init = await unwind(
    ['init', '--kubeconfig', inject('kubeconfig'), '-n', 'default', '-c', 'unwind.yaml'],
    around,
  )
  expect(init).toMatchObject({ code: 0, stdout: expect.stringContaining('unwind plan deployment/') })
  await writeFile(
    join(folder, 'unwind.yaml'),
    `${await readFile(join(folder, 'unwind.yaml'), 'utf8')}api: { port: ${port} }\n`,
  )
})

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGINT')
    await ended
  }
  releasePort(port)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

function serve(): Running {
  const server = start(['server'], around)
  running.push(server)
  return server
}

/** The processes of the server, by their command lines. */
async function parts(): Promise<Record<'api' | 'worker' | 'temporal', number | undefined>> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args='])
  const of = (pattern: RegExp) => {
    const line = stdout.split('\n').find((text) => text.includes(folder) && pattern.test(text))
    return line ? Number(line.trim().split(' ')[0]) : undefined
  }
  return { api: of(/main\.js api /), worker: of(/main\.js worker /), temporal: of(/server start-dev/) }
}

test('init pins the cluster, and does not overwrite what is there', async () => {
  const text = await readFile(join(folder, 'unwind.yaml'), 'utf8')
  const { connections } = readConfiguration(text, 'unwind.yaml')
  expect(connections['production']).toMatchObject({
    caSha256: inject('clusterCaSha256'),
    clusterUid: expect.any(String),
  })
  const again = await unwind(['init', '--kubeconfig', inject('kubeconfig')], around)
  expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('--force') })
  expect(await readFile(join(folder, 'unwind.yaml'), 'utf8')).toBe(text)
})

test('server runs all on one machine, is refused twice, starts again what dies, and stops all at Ctrl-C', async () => {
  const server = serve()
  await server.says('Ready: a worker polls.')
  expect(await unwind(['list'], around)).toMatchObject({ code: 0, stderr: 'No rollback is on record here.\n' })
  expect((await stat(join(folder, 'state/keys/signing.pem'))).mode & 0o777).toBe(0o600)

  const second = await unwind(['server'], around)
  expect(second).toMatchObject({ code: 6, stderr: expect.stringContaining('runs on') })

  const before = await parts()
  for (const pid of Object.values(before)) if (pid) process.kill(pid, 'SIGKILL')
  for (const name of ['api', 'worker', 'temporal']) await server.says(`${name} runs again`)
  const back = () => answers(`http://127.0.0.1:${port}/readyz`).catch(() => false)
  await until(back, Boolean, () => 'the server is not ready again', 60_000)
  expect((await parts()).temporal).not.toBe(before.temporal)

  server.child.kill('SIGINT')
  expect(await server.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('Rollbacks that run go on') })
  expect(await parts()).toEqual({})
})

test('server that is killed leaves nothing behind, and another one takes over', async () => {
  const first = serve()
  await first.says('Ready')
  first.child.kill('SIGKILL')
  await until(
    parts,
    (left) => Object.values(left).every((pid) => pid === undefined),
    (left) => `left: ${JSON.stringify(left)}`,
    20_000,
  )
  expect(await listens(port)).toBe(false)
  await serve().says('Ready')
})
