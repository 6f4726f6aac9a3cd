import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { claimPort, type Ports, releasePort } from './process/ports.ts'
import { keepWatch } from './process/records.ts'
import { AddressInUse, Supervised } from './process/supervised.ts'
import type { Account } from './run.ts'

export type { Ports } from './process/ports.ts'

/** What to start, and how to tell that it is ready. */
export interface ProcessSpec {
  /** Names the process in errors and its log file. */
  name: string
  command: string
  args: readonly string[] | ((ports: Ports) => readonly string[])
  /** The ports that it listens on: a number to insist on, undefined to be given a free one. */
  ports?: Record<string, number | undefined>
  env?: Record<string, string>
  cwd?: string
  /** Who runs it, where that is somebody else than us; only root can choose. */
  user?: Account
  /** The state folder: its log is written there. */
  folder: StateFolder
  /**
   * Looked at until it answers true; may throw as long as it is not ready. Ask for something that only this server
   * would answer, not just for a connection: a stranger may have the port.
   */
  ready: (ports: Ports) => Promise<boolean>
  /** How long it may take to become ready, in ms; 60 s unless given. */
  within?: number
  /** A crash at start that this program is known for, as its log tells it: it is started again, twice at most. */
  stumbles?: RegExp
  /** How it is asked to end, and how long it then has before it is killed, in ms; SIGTERM and 5 s unless given. */
  signal?: NodeJS.Signals
  grace?: number
}

/** A process that is watched over: it ends with this one, however this one ends. */
export interface RunningProcess {
  readonly name: string
  readonly pid: number
  readonly ports: Ports
  /** The file that its output goes to. */
  readonly log: string
  /** Whether it runs; false after `kill`, after `stop`, and when it died by itself. */
  readonly alive: boolean
  /** Asks it to end, kills it if it does not, and gives its ports back. */
  stop(): Promise<void>
  /** kill -9; resolves once it is gone. Its ports stay reserved. */
  kill(): Promise<void>
  /** Starts it again, with the same arguments and ports, and waits until it is ready. Kills it first if it runs. */
  restart(): Promise<void>
  /** Stops it in its tracks (SIGSTOP): connections stay open and nothing answers. `resume` lets it go on. */
  pause(): void
  resume(): void
}

/** A folder for a server's files; a temporary one is deleted with the server. */
export interface StateFolder {
  readonly path: string
  readonly temporary: boolean
}

/**
 * Starts a process and resolves once it is ready. If somebody takes one of its free ports meanwhile, it is started
 * again on others. Rejects with the end of its log if it ends or is not ready in time; nothing is then left running.
 */
export async function startProcess(spec: ProcessSpec): Promise<RunningProcess> {
  await keepWatch()
  for (let attempt = 1; ; attempt += 1) {
    const { ports, claimed } = await choosePorts(spec.ports ?? {})
    const supervised = new Supervised(spec, ports, () => claimed.forEach(releasePort))
    try {
      await supervised.start()
      return supervised
    } catch (error) {
      await supervised.stop()
      if (!(error instanceof AddressInUse) || claimed.length === 0 || attempt === 5) throw error
    }
  }
}

/** The folder given, made if it isn't there; otherwise a new temporary one. */
export async function openStateFolder(name: string, given?: string): Promise<StateFolder> {
  if (given === undefined) return { path: await mkdtemp(join(tmpdir(), `unwind-${name}-`)), temporary: true }
  const path = resolve(given)
  mkdirSync(path, { recursive: true })
  return { path, temporary: false }
}

/** Deletes a temporary state folder, and leaves one that was given alone. */
export async function closeStateFolder({ path, temporary }: StateFolder): Promise<void> {
  if (temporary) await rm(path, { recursive: true, force: true, maxRetries: 5 })
}

async function choosePorts(wanted: Record<string, number | undefined>): Promise<{ ports: Ports; claimed: number[] }> {
  const ports: Record<string, number> = {}
  const claimed: number[] = []
  for (const [name, port] of Object.entries(wanted)) {
    ports[name] = port ?? (await claimPort())
    if (port === undefined) claimed.push(ports[name])
  }
  return { ports, claimed }
}
