import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Identity, identify, isAlive, type ProcessRecord } from '../../tools/process/owned.mjs'
import { claimPort, releasePort } from '../../tools/process/ports.ts'
import { listens } from '../../tools/process/ready.ts'
import { endOrphans } from '../../tools/process/records.ts'
import { openStateFolder, type ProcessSpec, startProcess } from '../../tools/process.ts'
import { run } from '../../tools/run.ts'
import { until } from '../../tools/wait.ts'
import { scratch } from './scratch.ts'

const limit = () => ({ signal: AbortSignal.timeout(300) })
const soon = { within: 10_000, every: 20 }
const listener = `
  const server = require('node:http').createServer((_, response) => response.end(String(process.pid)))
  server.on('error', (error) => { console.error(error.message); process.exit(1) })
  server.listen(Number(process.argv[1]), '127.0.0.1')`

async function listening(more: Partial<ProcessSpec> = {}) {
  const running = await startProcess({
    name: 'listener',
    command: process.execPath,
    args: ({ http }) => ['-e', listener, String(http)],
    ports: { http: undefined },
    folder: { path: await scratch(), temporary: false },
    // Whoever took the port would accept connections too, but does not answer with a pid.
    ready: async ({ http }) => /^\d+$/.test(await (await fetch(`http://127.0.0.1:${http}`, limit())).text()),
    ...more,
  })
  onTestFinished(() => running.stop())
  return running
}

async function alone(): Promise<Identity> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true })
  onTestFinished(() => void child.kill('SIGKILL'))
  return identify(child.pid ?? 0) ?? expect.unreachable('the process did not start')
}

describe('startProcess', () => {
  test('a process that falls over a flaw it is known for is started again; over any other it is not', async () => {
    const path = await scratch()
    const stumbling = `require('node:fs').appendFileSync('turns', '.')
      if (require('node:fs').readFileSync('turns').length < 2) { console.error('panic: known'); process.exit(2) }
      ${listener}`
    const args: ProcessSpec['args'] = ({ http }) => ['-e', stumbling, String(http)]
    const folder = { path, temporary: false }
    await expect(listening({ args, folder, stumbles: /panic: other/ })).rejects.toThrow(/panic: known/)
    await writeFile(join(path, 'turns'), '')
    expect((await listening({ args, folder, stumbles: /panic: known/ })).alive).toBe(true)
    expect(await readFile(join(path, 'turns'), 'utf8')).toBe('..')
  })

  test('resolves once the process is ready, and stop leaves nothing', async () => {
    const running = await listening()
    const answer = await fetch(`http://127.0.0.1:${running.ports['http']}`)
    expect(Number(await answer.text())).toBe(running.pid)
    await running.stop()
    expect(running.alive).toBe(false)
    expect(await listens(running.ports['http'])).toBe(false)
  })

  test('a process that ends early is an error with the end of its log', async () => {
    const starting = listening({ args: ['-e', 'console.error("no such flag: --foo"); process.exit(3)'] })
    await expect(starting).rejects.toThrow(/ended with exit code 3 before it was ready.*no such flag: --foo/s)
  })

  test('a process that is never ready is an error, and is ended', async () => {
    const pid = join(await scratch(), 'pid')
    const code = `require('node:fs').writeFileSync(${JSON.stringify(pid)}, String(process.pid)); setInterval(() => {}, 9)`
    const starting = listening({ args: ['-e', code], within: 500, ready: async () => false })
    await expect(starting).rejects.toThrow('waited 0.5 s for listener to be ready')
    expect(identify(Number(await readFile(pid, 'utf8')))).toBeUndefined()
  })

  test('a command that does not exist is an error that names it', async () => {
    await expect(listening({ command: '/nowhere/server' })).rejects.toThrow(/could not be started.*\/nowhere\/server/s)
  })

  test('a port that somebody takes meanwhile is given up for another', async () => {
    const given: number[] = []
    const running = await listening({
      args: ({ http = 0 }) => {
        given.push(http)
        if (given.length === 1) {
          const thief = createServer().listen({ port: http, host: '127.0.0.1' })
          onTestFinished(() => void thief.close())
        }
        return ['-e', listener, String(http)]
      },
    })
    expect(given).toHaveLength(2)
    expect(running.ports['http']).toBe(given[1])
  })

  test('kill, restart, pause and resume', async () => {
    const running = await listening()
    const before = running.pid
    await running.kill()
    expect(running.alive).toBe(false)
    await running.restart()
    expect(running.pid).not.toBe(before)
    const ask = () => fetch(`http://127.0.0.1:${running.ports['http']}`, limit())
    running.pause()
    await expect(ask()).rejects.toThrow()
    running.resume()
    expect((await ask()).ok).toBe(true)
  })

  test('a process that ignores the request to end is killed', async () => {
    const running = await listening({
      args: ({ http }) => ['-e', `process.on('SIGTERM', () => {}); ${listener}`, String(http)],
      grace: 200,
    })
    await running.stop()
    expect(running.alive).toBe(false)
  })
})

test('ports claimed at the same time differ, also from those of another run', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, claimPort))
  expect(new Set(ports).size).toBe(50)
  ports.forEach(releasePort)
})

interface Family {
  parent: Identity
  child: Identity
  grandchild: Identity
  folder: string
  records: string
}

/** Really starts a parent in a process of its own, which starts a child, which starts a grandchild. */
async function family(): Promise<Family> {
  const state = await scratch()
  const pids = join(state, 'pids')
  const program = fileURLToPath(new URL('./parent.ts', import.meta.url))
  const parent = spawn(process.execPath, ['--import', 'tsx', program, pids], {
    stdio: 'inherit',
    env: { ...process.env, XDG_STATE_HOME: state },
  })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const seen = await until('the family to be there', async () => JSON.parse(await readFile(pids, 'utf8')), soon)
  const known = (pid: number) => identify(pid) ?? expect.unreachable(`pid ${pid} is not there`)
  return {
    parent: known(parent.pid ?? 0),
    child: known(seen.child),
    grandchild: known(seen.grandchild),
    folder: seen.folder,
    records: join(state, 'unwind', 'processes'),
  }
}

async function watchdogs({ records }: Family): Promise<number[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,args'])
  const lines = stdout.split('\n').filter((line) => line.includes('watchdog.mjs') && line.includes(records))
  return lines.map((line) => Number.parseInt(line, 10))
}

describe('a parent killed with -9', () => {
  test('leaves no process and no temporary folder behind', async () => {
    const { parent, child, grandchild, folder, ...rest } = await family()
    expect([isAlive(child), isAlive(grandchild), existsSync(folder)]).toEqual([true, true, true])
    process.kill(parent.pid, 'SIGKILL')
    await until('child and grandchild to be gone', () => !isAlive(child) && !isAlive(grandchild), soon)
    await until('the folder to be gone', () => !existsSync(folder), soon)
    const all = { parent, child, grandchild, folder, ...rest }
    await until('the watchdog to be gone', async () => (await watchdogs(all)).length === 0, soon)
    expect(await readdir(rest.records)).toEqual([])
  })

  test('together with its watchdog: the next start ends what it left', async () => {
    const all = await family()
    for (const pid of await watchdogs(all)) process.kill(pid, 'SIGKILL')
    await until('the watchdog to be gone', async () => (await watchdogs(all)).length === 0, soon)
    process.kill(all.parent.pid, 'SIGKILL')
    await until('the parent to be gone', () => !isAlive(all.parent), soon)
    expect([isAlive(all.child), isAlive(all.grandchild)]).toEqual([true, true])

    expect((await endOrphans(all.records)).map(({ name }) => name)).toEqual(['child'])
    expect([isAlive(all.child), existsSync(all.folder)]).toEqual([false, false])
    await until('the grandchild to be gone', () => !isAlive(all.grandchild), soon)
    expect(await readdir(all.records)).toEqual([])
  })
})

describe('what is recorded', () => {
  async function recorded(record: Partial<ProcessRecord>): Promise<string> {
    const folder = await scratch()
    await writeFile(join(folder, 'x.json'), JSON.stringify({ name: 'x', ...record }))
    return folder
  }

  test('an unrelated process that was given the pid of a dead one is left alone', async () => {
    const bystander = await alone()
    const folder = await recorded({
      pid: bystander.pid,
      start: 'before that',
      owner: { pid: bystander.pid, start: 'before that' },
    })
    await endOrphans(folder)
    expect(isAlive(bystander)).toBe(true)
    expect(await readdir(folder)).toEqual([])
  })

  test('what a living owner started is left alone', async () => {
    const child = await alone()
    const folder = await recorded({ ...child, owner: identify(process.pid) ?? expect.unreachable() })
    expect(await endOrphans(folder)).toEqual([])
    expect(isAlive(child)).toBe(true)
    expect(await readdir(folder)).toHaveLength(1)
  })

  test('what a dead owner started is ended, even when it is paused', async () => {
    const child = await alone()
    process.kill(child.pid, 'SIGSTOP')
    const folder = await recorded({ ...child, owner: { pid: child.pid, start: 'before that' } })
    expect(await endOrphans(folder)).toHaveLength(1)
    expect(isAlive(child)).toBe(false)
  })
})

test('a given state folder is kept, a temporary one is new each time', async () => {
  const given = join(await scratch(), 'deep', 'down')
  expect(await openStateFolder('x', given)).toEqual({ path: given, temporary: false })
  expect(existsSync(given)).toBe(true)
})
