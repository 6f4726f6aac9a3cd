import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProcessSpec, RunningProcess } from '../process.ts'
import { Hopeless, until } from '../wait.ts'
import { end, gone, type Identity, identify, isAlive, signalGroup } from './owned.mjs'
import type { Ports } from './ports.ts'
import { record } from './records.ts'

/** How often a process is started that falls over a known flaw. */
const TURNS = 3

/** One process of a spec, through as many starts as it is given. */
export class Supervised implements RunningProcess {
  readonly name: string
  readonly ports: Ports
  readonly log: string
  readonly #spec: ProcessSpec
  readonly #releasePorts: () => void
  #identity: Identity | undefined
  #forget = () => {}
  #ending: string | undefined

  constructor(spec: ProcessSpec, ports: Ports, releasePorts: () => void) {
    this.name = spec.name
    this.ports = ports
    this.log = join(spec.folder.path, `${spec.name}.log`)
    this.#spec = spec
    this.#releasePorts = releasePorts
  }

  get pid(): number {
    return this.#identity?.pid ?? 0
  }

  get alive(): boolean {
    return this.#identity !== undefined && isAlive(this.#identity)
  }

  /** Starts it and waits until it is ready; again where it fell over a flaw that its spec knows of. */
  async start(): Promise<void> {
    for (let turn = 1; ; turn++) {
      try {
        return await this.#startOnce()
      } catch (error) {
        const known = error instanceof Error && this.#spec.stumbles?.test(error.message) === true
        if (!known || this.#ending === undefined || turn >= TURNS) throw error
      }
    }
  }

  async #startOnce(): Promise<void> {
    this.#ending = undefined
    const child = this.#spawn()
    child.once('error', (error) => (this.#ending = `could not be started: ${error.message}`))
    child.once('exit', (code, signal) => this.#ended(child, `ended with ${signal ?? `exit code ${code}`}`))
    if (child.pid !== undefined) this.#remember(child.pid)
    await this.#untilReady()
  }

  async stop(): Promise<void> {
    if (this.#identity) await end({ ...this.#identity, ...this.#manners() })
    this.#forget()
    this.#releasePorts()
  }

  async kill(): Promise<void> {
    if (!this.#identity) return
    if (this.alive) signalGroup(this.#identity.pid, 'SIGKILL')
    if (!(await gone(this.#identity, 10_000)))
      throw new Error(`${this.name} (pid ${this.pid}) survives SIGKILL for 10 s`)
    this.#forget()
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  pause(): void {
    if (this.alive) signalGroup(this.pid, 'SIGSTOP')
  }

  resume(): void {
    if (this.alive) signalGroup(this.pid, 'SIGCONT')
  }

  #spawn(): ChildProcess {
    const { command, args, env, cwd, user } = this.#spec
    const output = openSync(this.log, 'a')
    try {
      // A group of its own, so that its children can be ended with it.
      const child = spawn(command, typeof args === 'function' ? args(this.ports) : args, {
        detached: true,
        stdio: ['ignore', output, output],
        env: { ...process.env, ...env },
        cwd: cwd ?? this.#spec.folder.path,
        ...user,
      })
      child.unref()
      return child
    } finally {
      closeSync(output)
    }
  }

  #remember(pid: number): void {
    // It may have ended already; then there is nothing to remember, and waiting for it to be ready says why.
    this.#identity = identify(pid)
    if (!this.#identity) return
    const { path, temporary } = this.#spec.folder
    this.#forget = record({
      ...this.#identity,
      ...this.#manners(),
      name: this.name,
      ...(temporary ? { temporary: path } : {}),
    })
  }

  #manners(): { signal?: NodeJS.Signals; grace?: number } {
    const { signal, grace } = this.#spec
    return { ...(signal ? { signal } : {}), ...(grace === undefined ? {} : { grace }) }
  }

  #ended(child: ChildProcess, how: string): void {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
    if (child.pid !== this.pid && this.#identity) return
    this.#ending = how
    this.#forget()
  }

  async #untilReady(): Promise<void> {
    const { ready, within = 60_000 } = this.#spec
    try {
      await until(`${this.name} to be ready`, () => this.#look(ready), { within, every: 25 })
    } catch (error) {
      const log = await readFile(this.log, 'utf8').catch(() => '')
      const tail = log.trimEnd().split('\n').slice(-30).join('\n')
      const what = `${(error as Error).message}. The end of ${this.log}:\n${tail || '(nothing was written)'}`
      if (/address already in use|EADDRINUSE|port .*in use/i.test(tail)) throw new AddressInUse(what, { cause: error })
      throw new Error(what, { cause: error })
    }
  }

  async #look(ready: ProcessSpec['ready']): Promise<boolean> {
    if (this.#ending !== undefined) throw new Hopeless(`${this.name} ${this.#ending} before it was ready`)
    return ready(this.ports)
  }
}

/** A process could not listen because somebody else had its port. */
export class AddressInUse extends Error {}
