import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { loadConfiguration } from '../../config/load.ts'
import { stateDirectory } from '../../config/state.ts'
import type { Configuration } from '../../model/configuration.ts'
import { identify } from '../../tools/process/owned.mjs'
import { claimKnownPort } from '../../tools/process/ports.ts'
import { answers, listens } from '../../tools/process/ready.ts'
import type { RunningProcess } from '../../tools/process.ts'
import { startTemporal, type TemporalServer } from '../../tools/temporal/server.ts'
import { until } from '../../tools/wait.ts'
import { CommandError, EXIT } from '../exit.ts'
import { writeEffective } from '../serve/configuration.ts'
import { startApiPart, startWorkerPart } from '../serve/parts.ts'
import { holdState } from '../serve/state.ts'
import { type Part, supervise } from '../serve/supervise.ts'
import { untilStopped } from '../serve/stopped.ts'

interface ServerOptions {
  config?: string
  state?: string
}

/** Runs API, worker and a Temporal of its own until Ctrl-C; whatever dies is started again. */
export async function server(options: ServerOptions): Promise<number> {
  const stopped = untilStopped()
  const { configuration, path } = await loadConfiguration(options.config)
  const folder = await folderOf(options)
  const letGo = holdState(folder)
  const running: { stop(): Promise<void> }[] = []
  try {
    const { host, port } = configuration.api
    if (await listens(port)) throw portTaken(port, path)
    say(`Starting with ${path}; files are kept in ${folder}`)
    const temporal = await startOwnTemporal(folder)
    running.push(temporal)
    const config = await writeEffective(configuration, folder, { temporalUi: temporal.uiUrl })
    const around = { config, temporal: temporal.address, folder }
    const started = await Promise.allSettled([startApiPart(around, host, port), startWorkerPart(around)])
    const parts = started.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []))
    running.unshift(...parts)
    for (const part of started) if (part.status === 'rejected') throw part.reason
    announce(configuration, temporal, folder)
    void sayWhenReady(`http://${host}:${port}/readyz`, stopped)
    await supervise([partOfTemporal(temporal), ...parts.map(partOf)], stopped, say)
    say('Stopping. Rollbacks that run go on when it is started again.')
  } finally {
    for (const part of running) await part.stop()
    letGo()
  }
  return EXIT.ok
}

async function folderOf({ state }: ServerOptions): Promise<string> {
  if (!state) return stateDirectory()
  const folder = resolve(state)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

async function startOwnTemporal(folder: string): Promise<TemporalServer> {
  // The ports that people know where they are free; others where a Temporal runs already.
  const [port, uiPort] = await Promise.all([claimKnownPort(7_233), claimKnownPort(8_233)])
  return startTemporal({ stateDir: folder, port, uiPort })
}

function announce({ api, environments }: Configuration, temporal: TemporalServer, folder: string): void {
  const url = api.url ?? `http://${api.host}:${api.port}`
  say('')
  say(`API          ${url}   (docs: ${url}/docs)`)
  say(`Temporal     ${temporal.uiUrl}   (gRPC: ${temporal.address})`)
  say(`Environments ${Object.keys(environments).join(', ')}`)
  say(`Logs         ${folder}/{api,worker,temporal}.log`)
  say('')
  say('Ctrl-C stops it.')
}

/** A worker takes a moment longer than the API, which meanwhile takes requests that wait for it. */
async function sayWhenReady(url: string, stopped: AbortSignal): Promise<void> {
  const ready = () => stopped.aborted || answers(url)
  await until('a worker', ready, { within: 60_000, every: 250 }).then(
    () => !stopped.aborted && say('Ready: a worker polls.'),
    () => say('No worker polls yet; look at its log.'),
  )
}

function partOf(part: RunningProcess): Part {
  return { name: part.name, log: part.log, alive: () => part.alive, restart: () => part.restart() }
}

function partOfTemporal(temporal: TemporalServer): Part {
  return {
    name: 'temporal',
    log: temporal.log,
    alive: () => identify(temporal.pid) !== undefined,
    restart: () => temporal.restart(),
  }
}

function portTaken(port: number, path: string): CommandError {
  return new CommandError(
    EXIT.conflict,
    `Something listens on port ${port} already. Stop it, or set api.port in ${path} to another one.`,
  )
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
