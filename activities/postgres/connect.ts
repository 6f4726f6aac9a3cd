import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { z } from 'zod'
import { S3, type S3Settings } from '../../model/connections/s3.ts'
import { UnwindError } from '../../model/errors.ts'
import { databaseError, type Where } from './faults.ts'

/** How long a connection may take to open, and a statement to answer unless its caller knows better; milliseconds. */
const CONNECT_LIMIT = 10_000
const STATEMENT_LIMIT = 30_000
const LOCK_LIMIT = 5_000

/** The rights that every kind of step needs on a database. */
const RIGHTS = 'docs/rbac/postgres/role.sql'

/** What `connections` and `worker.credentials` say of one database. */
const Given = z.object({
  user: z.string().optional(),
  passwordFile: z.string().optional(),
  passwordVariable: z.string().optional(),
  ca: z.string().optional(),
  backups: z.union([z.string(), z.object({ s3: S3 })]).optional(),
  programs: z.string().optional(),
  releases: z.string().optional(),
  pin: z.object({
    host: z.string(),
    port: z.number(),
    database: z.string(),
    tls: z.enum(['verify', 'off']).optional(),
    systemIdentifier: z.string().optional(),
  }),
})
type Given = z.infer<typeof Given>

/** How a session is opened; everything has a default. */
export interface SessionOptions {
  /** Another database of the same server. */
  database?: string
  /** Bounds on one statement and on waiting for one lock, in ms; 30 s and 5 s unless given. */
  statementLimit?: number
  lockLimit?: number
  /** The file of `docs/rbac` whose statements grant what the caller needs. */
  rights?: string
}

/** One session: statements run one after the other, on one backend, until it is closed. */
export interface Session {
  /** Rows of one statement. `doing` names it in errors. Throws errors of the closed table only. */
  rows<Row extends object>(doing: string, text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Runs `work` in a transaction; takes it back, and throws, if `work` throws. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>
}

/** A database behind a connection of the configuration. Nothing of it prints a password or a connection string. */
export interface Database {
  /** The connection's name. */
  readonly name: string
  /**
   * Places of this worker: where backups go, the folders of PostgreSQL's client programs where they are not on PATH and of
   * the releases' files.
   */
  readonly worker: {
    backups?: string | { s3: S3Settings } | undefined
    programs?: string | undefined
    releases?: string | undefined
  }
  /** `host:port/database`, for messages. */
  readonly place: string
  /**
   * Opens a session, hands it to `work` and closes it, also when the signal aborts: then the statement ends with the
   * session. Throws TARGET_MISMATCH where the server is not the pinned one.
   */
  session<Result>(
    signal: AbortSignal,
    work: (session: Session) => Promise<Result>,
    options?: SessionOptions,
  ): Promise<Result>
  /** `<system identifier>/<database>`: what the database is called in a lock, whatever name it was reached by. */
  identity(signal: AbortSignal): Promise<string>
  /** The connection as libpq's variables (PGHOST, PGPASSWORD …), for a child process and for nothing else. */
  environment(): Promise<Record<string, string>>
}

/** Opens a connection without touching the network. Throws CONFIGURATION_INVALID where no user is named. */
export async function connectPostgres(given: unknown, name: string): Promise<Database> {
  const settings = Given.parse(given)
  const { pin, user, backups, programs, releases } = settings
  if (!user)
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${name}: name its user in worker.credentials.${name}.user of this worker's unwind.yaml`,
    )
  const place = `${pin.host}:${pin.port}/${pin.database}`
  let identity: Promise<string> | undefined
  const database: Database = {
    name,
    place,
    worker: { backups, programs, releases },
    session: (signal, work, options = {}) =>
      inSession({ name, place, rights: options.rights ?? RIGHTS, settings, user }, signal, options, work),
    identity: (signal) => {
      identity ??= database.session(signal, systemOf).then((system) => `${system}/${pin.database}`)
      identity.catch(() => (identity = undefined))
      return identity
    },
    environment: () => environmentOf(settings, user, name),
  }
  return database
}

interface Line extends Where {
  settings: Given
  user: string
}

async function inSession<Result>(
  line: Line,
  signal: AbortSignal,
  options: SessionOptions,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted()
  const client = new pg.Client(await clientOptions(line, options))
  // A connection that breaks between two statements says so here; the next statement fails with it.
  client.on('error', () => {})
  const end = () => void client.end().catch(() => {})
  const cut = () => destroy(client)
  signal.addEventListener('abort', cut, { once: true })
  try {
    await client.connect()
    const session = sessionOf(client, line)
    await checkServer(session, line)
    return await work(session)
  } catch (error) {
    signal.throwIfAborted()
    throw databaseError(error, line, 'open a session')
  } finally {
    signal.removeEventListener('abort', cut)
    end()
  }
}

/** The socket is cut: a polite goodbye would wait for the statement that is running. */
function destroy(client: pg.Client): void {
  ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
}

function sessionOf(client: pg.Client, line: Line): Session {
  const rows: Session['rows'] = async <Row extends object>(
    doing: string,
    text: string,
    values?: readonly unknown[],
  ) => {
    try {
      const answer = await client.query(text, values && [...values])
      return (answer.rows ?? []) as Row[]
    } catch (error) {
      throw databaseError(error, line, doing)
    }
  }
  return {
    rows,
    transaction: async (work) => {
      await rows('begin a transaction', 'BEGIN')
      try {
        const result = await work()
        await rows('commit', 'COMMIT')
        return result
      } catch (error) {
        // The first error is the one to tell; a session that can't take back is closed and the server takes back.
        await rows('take back', 'ROLLBACK').catch(() => {})
        throw error
      }
    },
  }
}

async function clientOptions({ settings, user, name }: Line, options: SessionOptions): Promise<pg.ClientConfig> {
  const { pin } = settings
  return {
    host: pin.host,
    port: pin.port,
    database: options.database ?? pin.database,
    user,
    password: await passwordOf(settings, name),
    ssl:
      pin.tls === 'off'
        ? false
        : { rejectUnauthorized: true, ...(settings.ca && { ca: await read(settings.ca, name) }) },
    application_name: 'unwind',
    connectionTimeoutMillis: CONNECT_LIMIT,
    statement_timeout: options.statementLimit ?? STATEMENT_LIMIT,
    lock_timeout: options.lockLimit ?? LOCK_LIMIT,
    idle_in_transaction_session_timeout: 10 * 60_000,
    keepAlive: true,
  }
}

/** Read for each session, so that a password that was changed counts without a restart. */
async function passwordOf({ passwordFile, passwordVariable }: Given, name: string): Promise<string> {
  if (passwordFile) return (await read(passwordFile, name)).replace(/\r?\n$/, '')
  const value = passwordVariable && process.env[passwordVariable]
  if (value) return value
  throw new UnwindError(
    'CONFIGURATION_INVALID',
    passwordVariable
      ? `${name}: the variable ${passwordVariable} is not set for this worker`
      : `${name}: name where its password is, with passwordFile or passwordVariable in worker.credentials.${name}`,
  )
}

async function read(path: string, name: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      `${name}: ${path} can't be read; correct worker.credentials.${name}`,
      undefined,
      { cause },
    )
  })
}

/** Refuses a server that is not the recorded one; what a name leads to can change. */
async function checkServer(session: Session, { settings: { pin }, name }: Line): Promise<void> {
  if (!pin.systemIdentifier) return
  const system = await systemOf(session)
  if (system === pin.systemIdentifier) return
  throw new UnwindError(
    'TARGET_MISMATCH',
    `${name} leads to the server ${system}, but ${pin.systemIdentifier} is recorded; correct the address or the connection`,
  )
}

/** A number that initdb draws; physical copies (replicas, restored instances) keep it. */
async function systemOf(session: Session): Promise<string> {
  const [row] = await session.rows<{ id: string }>(
    'read pg_control_system()',
    'SELECT system_identifier::text AS id FROM pg_control_system()',
  )
  return row?.id ?? 'unknown'
}

async function environmentOf(settings: Given, user: string, name: string): Promise<Record<string, string>> {
  const { pin, ca } = settings
  return {
    PGHOST: pin.host,
    PGPORT: String(pin.port),
    PGDATABASE: pin.database,
    PGUSER: user,
    PGPASSWORD: await passwordOf(settings, name),
    PGSSLMODE: pin.tls === 'off' ? 'disable' : 'verify-full',
    ...(ca && { PGSSLROOTCERT: ca }),
    PGAPPNAME: 'unwind',
    PGCONNECT_TIMEOUT: String(CONNECT_LIMIT / 1_000),
  }
}
