import { join } from 'node:path'
import { findBinary } from '../find.ts'
import { listens } from '../process/ready.ts'
import { closeStateFolder, openStateFolder, type Ports, type StateFolder, startProcess } from '../process.ts'
import { run } from '../run.ts'

/** How to start a Temporal server; everything has a default. */
export interface TemporalOptions {
  /** The SQLite file that holds its state; in the state folder unless given. */
  dbFilename?: string
  /** Fixed ports; free ones unless given. */
  port?: number
  uiPort?: number
  /** Whether to serve the web UI; true unless given. */
  ui?: boolean
  /** A namespace to create beside `default`. */
  namespace?: string
  /** Keyword search attributes to register beside Unwind's own. */
  searchAttributes?: readonly string[]
  /** Folder for the log and the file; a temporary one unless given. */
  stateDir?: string
}

/** A Temporal server on 127.0.0.1. It ends with this process. */
export interface TemporalServer {
  /** host:port of the gRPC frontend. */
  readonly address: string
  /** URL of the web UI; empty without one. */
  readonly uiUrl: string
  readonly port: number
  readonly pid: number
  /** The file that its state is in. */
  readonly dbFilename: string
  /** The file that it logs to. */
  readonly log: string
  /** Ends it and deletes the temporary folder. */
  stop(): Promise<void>
  /** kill -9; resolves once it is gone. */
  kill(): Promise<void>
  /** Starts it again on the same file and ports, and waits until it is ready. Kills it first if it runs. */
  restart(): Promise<void>
  /** Stops it in its tracks: connections stay open and nothing answers. `resume` lets it go on. */
  pause(): void
  resume(): void
}

/** The search attributes that Unwind's workflows set, all of type Keyword. */
export const searchAttributes = [
  'UnwindService',
  'UnwindEnvironment',
  'UnwindStatus',
  'UnwindRunbook',
  'UnwindIncident',
  'UnwindRequest',
] as const

/**
 * The dev server has one shard, whose queues look for work 20 times a second unless told otherwise: 50 ms per hop, which
 * a real cluster's many shards hide. Lists and counts are held to 10 a second, which a test suite exceeds at once.
 */
const settings = {
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 2000,
  'frontend.namespaceRPS.visibility': 2000,
  'frontend.namespaceRPS': 20_000,
  'frontend.rps': 20_000,
  'history.rps': 20_000,
  'matching.rps': 20_000,
}

/** A server that starts on an existing file now and then serves before its listener is there (seen with 1.31.2). */
const RACE_AT_START = /panic: runtime error: invalid memory address[\s\S]*grpc\.\(\*Server\)\.Serve/

/** The reader's own Temporal profile and TEMPORAL_* variables are for other servers. */
const untouched = ['--disable-config-file', '--disable-config-env']

/** Starts a server, and resolves once its namespaces answer. Rejects with the end of its log if it does not start. */
export async function startTemporal(options: TemporalOptions = {}): Promise<TemporalServer> {
  const command = await findBinary('temporal')
  const folder = await openStateFolder('temporal', options.stateDir)
  const dbFilename = options.dbFilename ?? join(folder.path, 'temporal.db')
  try {
    return await start(command, folder, dbFilename, options)
  } catch (error) {
    await closeStateFolder(folder)
    throw error
  }
}

async function start(
  command: string,
  folder: StateFolder,
  dbFilename: string,
  options: TemporalOptions,
): Promise<TemporalServer> {
  const ui = options.ui ?? true
  const server = await startProcess({
    name: 'temporal',
    command,
    folder,
    ports: { grpc: options.port, http: undefined, metrics: undefined, ...(ui ? { ui: options.uiPort } : {}) },
    args: (ports) => serverArguments(ports, dbFilename, options),
    ready: (ports) => ready(command, ports, options.namespace ?? 'default'),
    grace: 5000,
    stumbles: RACE_AT_START,
  })
  const port = server.ports['grpc'] ?? 0
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: ui ? `http://127.0.0.1:${server.ports['ui']}` : '',
    port,
    get pid() {
      return server.pid
    },
    dbFilename,
    log: server.log,
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
    kill: () => server.kill(),
    restart: () => server.restart(),
    pause: () => server.pause(),
    resume: () => server.resume(),
  }
}

function serverArguments(ports: Ports, dbFilename: string, options: TemporalOptions): string[] {
  const attributes = [...searchAttributes, ...(options.searchAttributes ?? [])]
  const ui = 'ui' in ports ? [`--ui-port=${ports['ui']}`, '--ui-disable-news-fetch'] : ['--headless']
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${ports['grpc']}`,
    `--http-port=${ports['http']}`,
    `--metrics-port=${ports['metrics']}`,
    ...ui,
    `--db-filename=${dbFilename}`,
    // With a write-ahead log, what was acknowledged survives kill -9 of the server, at a fraction of the fsyncs.
    '--sqlite-pragma=journal_mode=WAL',
    '--sqlite-pragma=synchronous=NORMAL',
    ...(options.namespace === undefined ? [] : [`--namespace=${options.namespace}`]),
    ...attributes.map((name) => `--search-attribute=${name}=Keyword`),
    ...Object.entries(settings).map(([key, value]) => `--dynamic-config-value=${key}=${value}`),
    ...untouched,
  ]
}

/** The port accepts connections before the namespaces exist, so the namespace itself is asked for. */
async function ready(command: string, { grpc, ui }: Ports, namespace: string): Promise<boolean> {
  if (!(await listens(grpc))) return false
  if (ui !== undefined && !(await listens(ui))) return false
  const ask = ['operator', 'namespace', 'describe', namespace, `--address=127.0.0.1:${grpc}`, ...untouched]
  await run(command, ask, { within: 5000 })
  return true
}
