import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { withLock } from '../../tools/find/lock.ts'
import { identify } from '../../tools/process/owned.mjs'
import { scratch } from './scratch.ts'

async function sleeper(): Promise<{ pid: number; start: string; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  onTestFinished(kill)
  const identity = identify(child.pid ?? 0) ?? expect.unreachable('the process did not start')
  return { ...identity, kill }
}

test('one at a time, and the others get their turn', async () => {
  const path = join(await scratch(), 'lock')
  let inside = 0
  const turns = Array.from({ length: 5 }, (_, turn) =>
    withLock(path, 'a test', async () => {
      inside += 1
      expect(inside).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      inside -= 1
      return turn
    }),
  )
  expect(await Promise.all(turns)).toEqual([0, 1, 2, 3, 4])
})

test('a lock is released when the work fails', async () => {
  const path = join(await scratch(), 'lock')
  await expect(withLock(path, 'a test', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await withLock(path, 'a test', async () => 'in')).toBe('in')
})

test('the lock of an owner that was killed is taken over at once', async () => {
  const folder = await scratch()
  const { pid, start, kill } = await sleeper()
  await writeFile(join(folder, 'lock'), JSON.stringify({ pid, start }))
  await kill()
  const began = Date.now()
  expect(await withLock(join(folder, 'lock'), 'a test', async () => 'in')).toBe('in')
  expect(Date.now() - began).toBeLessThan(200)
  expect(await readdir(folder)).toEqual([])
})

test('the lock of a pid that meanwhile belongs to another process is taken over', async () => {
  const path = join(await scratch(), 'lock')
  const { pid } = await sleeper()
  await writeFile(path, JSON.stringify({ pid, start: 'another time' }))
  expect(await withLock(path, 'a test', async () => 'in')).toBe('in')
})

test('the lock of a living owner is waited for, saying so, and taken once that owner dies', async () => {
  const path = join(await scratch(), 'lock')
  const { pid, start, kill } = await sleeper()
  await writeFile(path, JSON.stringify({ pid, start }))
  const said: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const entered = vi.fn(async () => 'in')
  const turn = withLock(path, 'etcd 3.6.14', entered)
  await vi.waitFor(() => expect(said.join('')).toContain('waiting for another process that gets etcd 3.6.14'))
  expect(entered).not.toHaveBeenCalled()
  await kill()
  expect(await turn).toBe('in')
})
