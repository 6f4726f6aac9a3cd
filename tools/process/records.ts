import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endRecorded, type Identity, identify, isAlive, type ProcessRecord } from './owned.mjs'

/** This process, as the owner of what it starts. */
export const self: Identity = identify(process.pid) ?? { pid: process.pid, start: 'unknown' }

/** The user's folder for what must be known across runs. Fixed once: the watchdog looks where it was told to. */
export const stateHome = join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'unwind')

const records = join(stateHome, 'processes')

/**
 * Sees to it that nothing outlives its owner: ends what dead owners left behind, and starts this process's watchdog.
 * Both happen once per process. Resolves when it is safe to start something.
 */
export function keepWatch(): Promise<void> {
  watching ??= watch()
  return watching
}

/** Writes down a process that was just started. Answers how to forget it once it has ended. */
export function record(started: Omit<ProcessRecord, 'owner'>): () => void {
  mkdirSync(records, { recursive: true, mode: 0o700 })
  const path = join(records, `${started.pid}-${started.start.replaceAll(/\W/g, '')}.json`)
  writeFileSync(path, JSON.stringify({ ...started, owner: self } satisfies ProcessRecord))
  return () => rmSync(path, { force: true })
}

/** Ends the processes recorded in a folder whose owner has died. Answers which those were. */
export function endOrphans(folder = records): Promise<ProcessRecord[]> {
  return endRecorded(folder, ({ owner }) => !isAlive(owner))
}

let watching: Promise<void> | undefined

async function watch(): Promise<void> {
  startWatchdog()
  await endOrphans()
}

function startWatchdog(): ChildProcess {
  const program = fileURLToPath(new URL('./watchdog.mjs', import.meta.url))
  // A session of its own: what ends this one's group, such as Ctrl-C or a closed terminal, does not reach it.
  const watchdog = spawn(process.execPath, [program, records, String(self.pid), self.start], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    cwd: '/',
  })
  watchdog.on('error', () => {})
  watchdog.unref()
  // The pipe must stay open as long as this process lives, but must not keep it alive.
  ;(watchdog.stdin as unknown as { unref(): void }).unref()
  watchdog.stdin?.on('error', () => {})
  return watchdog
}
