import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { UnwindError } from '../../../model/errors.ts'
import type { Database } from '../../postgres/connect.ts'
import { RIGHTS } from './source.ts'

const LIST_LIMIT = 120_000
/** Text of a listing that is read; a table of contents beyond it is refused, not cut. */
const LISTING = 64 * 1_024 * 1_024
const COMPLAINT = 8_192

type Program = 'pg_dump' | 'pg_restore'

/** The version of a program of the worker, such as 15.10. Throws CONFIGURATION_INVALID where there is none. */
export async function versionOf(database: Database, name: Program, signal: AbortSignal): Promise<string> {
  const said = await text(database, name, ['--version'], signal)
  const version = /\(PostgreSQL\) (\d+(?:\.\d+)*)/.exec(said)?.[1]
  if (version) return version
  throw new UnwindError(
    'CONFIGURATION_INVALID',
    `${name} of the worker of ${database.name} tells no version; see programs`,
  )
}

/** What a dump's table of contents lists: its entries, and those that are rows of a table. */
export interface Listing {
  entries: number
  tables: number
}

/** What a file lists. Throws TARGET_REJECTED for one that lists nothing or can't be read. */
export async function contents(database: Database, file: string, signal: AbortSignal): Promise<Listing> {
  return counted(await text(database, 'pg_restore', ['--list', file], signal))
}

function counted(listing: string): Listing {
  const lines = listing.split('\n').filter((line) => /^\d+; /.test(line))
  if (lines.length === 0) throw new UnwindError('TARGET_REJECTED', 'the backup lists no entry')
  return { entries: lines.length, tables: lines.filter((line) => / TABLE DATA /.test(line)).length }
}

/** A listing of bytes that pass by. The table of contents comes first, so the rest is not needed for it. */
export interface Lister {
  /** Takes bytes, and answers whether it wants more. */
  feed(chunk: Buffer): Promise<boolean>
  /** Throws TARGET_REJECTED where what was fed is no backup. */
  done(): Promise<Listing>
  kill(): void
}

/** Starts one; it ends with the signal. */
export function startLister(database: Database, signal: AbortSignal): Lister {
  const child = spawn(pathOf(database, 'pg_restore'), ['--list'], {
    env: surroundings(),
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
    killSignal: 'SIGKILL',
  })
  const said: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
  const listed = end(child).then(
    (code) => {
      if (code !== 0) throw refusal(database, 'pg_restore', { code })
      return counted(Buffer.concat(said).toString('utf8'))
    },
    (error: Error & { code?: unknown }) => {
      throw signal.aborted ? signal.reason : refusal(database, 'pg_restore', error)
    },
  )
  listed.catch(() => {})
  // Once it has read the table of contents it closes its end.
  child.stdin.on('error', () => {})
  return {
    feed: async (chunk) => {
      if (!child.stdin.writable) return false
      if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), listed]).catch(() => {})
      return child.stdin.writable
    },
    done: () => {
      child.stdin.end()
      return listed
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

/** A dump on its way: its bytes, and a promise that rejects unless the program ended well. */
export interface Dumping {
  bytes: Readable
  ended: Promise<void>
  kill(): void
}

/** Starts pg_dump. The password is in its environment, never among its arguments, which every user of the host can see. */
export async function startDump(database: Database, schemas: readonly string[], signal: AbortSignal): Promise<Dumping> {
  const chosen = schemas.map((schema) => `--schema="${schema}"`)
  const args = ['--format=custom', '--no-password', '--lock-wait-timeout=10s', ...chosen]
  const env = { ...surroundings(), ...(await database.environment()) }
  const child = spawn(pathOf(database, 'pg_dump'), args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  })
  const said: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => {
    if (Buffer.concat(said).length < COMPLAINT) said.push(chunk)
  })
  const ended = end(child).then((code) => {
    if (code !== 0) throw complaint(database, Buffer.concat(said).toString('utf8'))
  })
  ended.catch(() => {})
  return { bytes: child.stdout, ended, kill: () => child.kill('SIGKILL') }
}

/** Its exit code. Rejects where it could not be started, or was ended by the signal. */
async function end(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

/** What pg_dump says is its own words and names of objects, but for what a server quotes behind `detail`. */
function complaint({ name, place }: Database, said: string): UnwindError {
  const line = /error: (.{0,300})/.exec(said.replace(/\n.*(?:detail|Query was):.*/gis, ''))?.[1] ?? 'it said nothing'
  if (/permission denied/.test(line))
    return new UnwindError('TARGET_FORBIDDEN', `pg_dump on ${name} (${place}): ${line}; grant it with ${RIGHTS}`)
  if (/connection to server|could not connect|terminating connection|server closed|lock timeout/i.test(said))
    return new UnwindError('TARGET_UNREACHABLE', `pg_dump on ${name} (${place}): ${line}`)
  return new UnwindError('TARGET_REJECTED', `pg_dump on ${name} (${place}): ${line}`)
}

function text(database: Database, name: Program, args: readonly string[], signal: AbortSignal): Promise<string> {
  const options = {
    env: surroundings(),
    signal,
    timeout: LIST_LIMIT,
    maxBuffer: LISTING,
    killSignal: 'SIGKILL',
  } as const
  return new Promise((resolve, reject) => {
    execFile(pathOf(database, name), [...args], options, (error, stdout) => {
      if (!error) return resolve(stdout)
      reject(signal.aborted ? signal.reason : refusal(database, name, error))
    })
  })
}

function refusal({ name: connection }: Database, name: Program, error: { code?: unknown }): UnwindError {
  if (error.code === 'ENOENT')
    return new UnwindError(
      'CONFIGURATION_INVALID',
      `the worker of ${connection} has no ${name}; install PostgreSQL's client programs, or name their folder as worker.credentials.${connection}.programs`,
    )
  return new UnwindError('TARGET_REJECTED', `${name} can't read the backup: it is damaged, or of a newer version`)
}

function pathOf({ worker }: Database, name: Program): string {
  return worker.programs ? join(worker.programs, name) : name
}

/** Nothing of the worker's own secrets goes into another program. */
function surroundings(): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...(process.env['HOME'] && { HOME: process.env['HOME'] }) }
}
