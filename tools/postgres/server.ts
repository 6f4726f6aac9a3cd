import { randomBytes } from 'node:crypto'
import { chmod, chown } from 'node:fs/promises'
import { join } from 'node:path'
import {
  closeStateFolder,
  openStateFolder,
  type Ports,
  type RunningProcess,
  type StateFolder,
  startProcess,
} from '../process.ts'
import { type Account, type Output, type RunOptions, run } from '../run.ts'
import { until } from '../wait.ts'
import { endWithChildren } from './children.ts'
import { fill, type Recovery } from './data.ts'
import { findPostgres, serverAccount } from './find.ts'

/** How to start a PostgreSQL server; everything has a default. */
export interface PostgresOptions {
  /** A fixed port; a free one unless given. */
  port?: number
  /** Parameters of postgresql.conf, such as `archive_mode` and `archive_command`; a function is given the state folder. */
  settings?: Settings | ((folder: string) => Settings)
  /** Start on a copy of a base backup instead of an empty cluster, and recover what the settings say. */
  recovery?: Recovery
  /** Folder for data, socket and log; a temporary one unless given. */
  stateDir?: string
}

/** A PostgreSQL server on 127.0.0.1 and on a Unix socket. It ends with this process. */
export interface PostgresServer {
  readonly host: '127.0.0.1'
  readonly port: number
  /** The state folder, which the server may write in; data and Unix socket lie there, and whoever can enter it needs no password. */
  readonly folder: string
  readonly dataDir: string
  /** The file that it logs to. */
  readonly log: string
  /** Folder of the programs (`psql`, `pg_dump`, `pg_basebackup` …) of the server's own version. */
  readonly binDir: string
  /** The postmaster's. */
  readonly pid: number
  /** The superuser `postgres`; over TCP passwords are checked (SCRAM). */
  readonly password: string
  /** A connection string over TCP; database `postgres` and the superuser unless given. */
  url(database?: string, user?: string, password?: string): string
  /** What `psql` prints, unaligned and without headings, as the superuser. Stops at the first error and rejects with it. */
  sql(statements: string, database?: string): Promise<string>
  /** Runs one of PostgreSQL's programs as the server's account, with the superuser's connection in the environment. */
  program(name: string, args: readonly string[], options?: RunOptions): Promise<Output>
  /** Takes a base backup into a new folder below the state folder and answers its path; `recovery` of another server starts on it. */
  baseBackup(name: string): Promise<string>
  /** Ends it and deletes the temporary folder. */
  stop(): Promise<void>
  /** kill -9 of the postmaster and of every backend; resolves once they are gone. */
  kill(): Promise<void>
  /** Starts it again on the same data and port, after `kill` or `shutDown`; kills it first if it runs. */
  restart(): Promise<void>
  /** Ends it in order (a checkpoint is written, the last WAL archived) and keeps data and port for `restart`. */
  shutDown(): Promise<void>
  /** Stops the postmaster in its tracks: connections are accepted by the kernel and nothing answers. `resume` lets it go on. */
  pause(): void
  resume(): void
}

type Settings = Record<string, string>

/** One that was killed keeps its process id until its parent has heard of it, and the next takes that for a live one. */
const STILL_LISTED = /lock file "postmaster\.pid" already exists/

/** Small, and safe against kill -9; only the machine's own crash could lose what was committed. */
const defaults = {
  fsync: 'off',
  shared_buffers: '32MB',
  max_connections: '60',
  log_line_prefix: '%m [%p] %u@%d ',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/** Starts a server and resolves once it accepts connections, and writes, unless its recovery is told to stop before that. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binDir = await findPostgres()
  const account = await serverAccount()
  const folder = await openStateFolder('postgres', options.stateDir)
  try {
    // The account of the server must be able to enter, and nobody else: the socket asks for no password.
    await chmod(folder.path, 0o700)
    if (account) await chown(folder.path, account.uid, account.gid)
    return await start({ binDir, account, folder }, options)
  } catch (error) {
    await closeStateFolder(folder)
    throw error
  }
}

interface Place {
  binDir: string
  account: Account | undefined
  folder: StateFolder
}

async function start(place: Place, options: PostgresOptions): Promise<PostgresServer> {
  const { binDir, account, folder } = place
  const dataDir = join(folder.path, 'data')
  const password = options.recovery?.password ?? randomBytes(16).toString('hex')
  await fill(place, dataDir, password, options.recovery)
  const given = typeof options.settings === 'function' ? options.settings(folder.path) : options.settings
  const settings = { ...given, ...options.recovery?.settings }
  const stopsEarly = ['pause', 'shutdown'].includes(options.recovery?.settings['recovery_target_action'] ?? '')
  const server = await startProcess({
    name: 'postgres',
    command: join(binDir, 'postgres'),
    folder,
    ports: { sql: options.port },
    args: ({ sql }) => serverArguments(dataDir, folder.path, sql, settings),
    ready: (ports) => isReady(place, ports, stopsEarly),
    signal: 'SIGINT',
    grace: 15_000,
    stumbles: STILL_LISTED,
    ...(account && { user: account }),
  })
  return describe(place, dataDir, password, server)
}

function serverArguments(dataDir: string, socketDir: string, port: number | undefined, settings: Settings) {
  const chosen = {
    ...defaults,
    ...settings,
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketDir,
  }
  return ['-D', dataDir, ...Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

function psql(
  { binDir, account, folder }: Place,
  port: number | undefined,
  database: string,
  input: string,
): Promise<Output> {
  const connection = ['-h', folder.path, '-p', String(port), '-U', 'postgres', '-d', database]
  const manners = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-']
  // What is said by argument wins over the reader's own PGHOST and PGSERVICE, but not over PGOPTIONS.
  const options = { input, cwd: folder.path, env: { PGOPTIONS: '' }, ...(account && { user: account }) }
  return run(join(binDir, 'psql'), [...connection, ...manners], options)
}

async function isReady(place: Place, { sql }: Ports, stopsEarly: boolean): Promise<boolean> {
  const { stdout } = await psql(place, sql, 'postgres', 'SELECT pg_is_in_recovery()')
  return stopsEarly || stdout.trim() === 'f'
}

function describe(place: Place, dataDir: string, password: string, server: RunningProcess): PostgresServer {
  const { binDir, account, folder } = place
  const port = server.ports['sql'] ?? 0
  const program = (name: string, args: readonly string[], options: RunOptions = {}) =>
    run(join(binDir, name), args, {
      ...options,
      env: { PGHOST: folder.path, PGPORT: String(port), PGUSER: 'postgres', PGOPTIONS: '', ...options.env },
      cwd: options.cwd ?? folder.path,
      ...(account && { user: account }),
    })
  return {
    host: '127.0.0.1',
    port,
    folder: folder.path,
    dataDir,
    log: server.log,
    binDir,
    get pid() {
      return server.pid
    },
    password,
    url: (database = 'postgres', user = 'postgres', secret = password) =>
      `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    sql: async (statements, database = 'postgres') => (await psql(place, port, database, statements)).stdout.trimEnd(),
    program,
    baseBackup: async (name) => {
      const path = join(folder.path, name)
      await program('pg_basebackup', ['-D', path, '-c', 'fast', '-X', 'stream', '--no-sync'], { within: 300_000 })
      return path
    },
    stop: async () => {
      await server.stop()
      await closeStateFolder(folder)
    },
    kill: () => endWithChildren(server),
    restart: async () => {
      await endWithChildren(server)
      await server.restart()
    },
    shutDown: async () => {
      await program('pg_ctl', ['stop', '-D', dataDir, '-m', 'fast', '-w', '-t', '60'], { within: 70_000 })
      await until('PostgreSQL to be gone', () => !server.alive, { within: 10_000 })
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
  }
}
