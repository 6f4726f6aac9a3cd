import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { UnwindError } from '../../../model/errors.ts'
import type { Database } from '../../postgres/connect.ts'
import { databaseError } from '../../postgres/faults.ts'
import { RIGHTS } from './rights.ts'

/** What the runner is told; `verb` is a function of runner/<tool>.mjs. */
export interface Request {
  tool: string
  verb: 'capture' | 'down' | 'up'
  root: string
  [more: string]: unknown
}

const RUNNER = fileURLToPath(new URL('./runner/main.mjs', import.meta.url))
const ANSWER_LIMIT = 4_000_000

/**
 * Runs the release's own tool in a process of its own, without a shell, and answers what it says. Its environment holds
 * PATH and, where it needs them, libpq's variables; what it prints is dropped, since nobody chose the words. It is killed
 * with all that it started after `limit` ms, and when the signal aborts; it ends by itself when this process does.
 */
export async function runTool<Answer>(
  database: Database,
  request: Request,
  { signal, limit, connects }: { signal: AbortSignal; limit: number; connects: boolean },
): Promise<Answer> {
  signal.throwIfAborted()
  const variables = connects ? await database.environment() : {}
  const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...variables }
  // A group of its own, so that what a migration starts ends with it.
  const child = spawn(process.execPath, [RUNNER], {
    cwd: request.root,
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
  })
  const kill = () => endGroup(child.pid)
  const timer = setTimeout(kill, limit)
  signal.addEventListener('abort', kill, { once: true })
  try {
    child.stdin?.on('error', () => {})
    child.stdin?.write(`${JSON.stringify(request)}\n`)
    const [text, code] = await Promise.all([
      read(child.stdio[3] as Readable),
      new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve)),
    ])
    signal.throwIfAborted()
    return answerOf<Answer>(text, code, request, database)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', kill)
    kill()
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

async function read(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > ANSWER_LIMIT)
      throw new UnwindError('PLAN_TOO_LARGE', 'what these migrations would run is more than a plan can carry')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

interface Failure {
  name: string
  code: string
  message: string
}

function answerOf<Answer>(text: string, code: number | null, request: Request, database: Database): Answer {
  const answer = text === '' ? undefined : (JSON.parse(text) as { done?: Answer; error?: Failure })
  if (!answer)
    throw new UnwindError(
      'TARGET_UNREACHABLE',
      `${request.tool} of ${database.name} ended without an answer (${code ?? 'killed, or out of time'}); look at the table, then retry`,
    )
  if (answer.error) throw failureOf(answer.error, request, database)
  return answer.done as Answer
}

function failureOf({ name, code, message }: Failure, { tool, verb }: Request, database: Database): UnwindError {
  const where = { name: database.name, place: database.place, rights: RIGHTS }
  if (code === 'UNWIND_MOVED')
    return new UnwindError(
      'PLAN_STALE',
      `somebody migrated ${database.name} since the plan; what they did is kept. Plan again`,
      { untouched: true },
    )
  if (code === 'UNWIND_LOCKED')
    return new UnwindError(
      'TARGET_UNREACHABLE',
      `another run is at the migrations of ${database.name}; it is waited for`,
    )
  // knex passes a refused right on as trouble with its lock.
  if (/permission denied|must be owner/.test(message))
    return databaseError(Object.assign(new Error(message), { code: '42501' }), where, `take migrations ${verb}`)
  if (name === 'MigrationLocked' || /migration(s)? .*lock/i.test(message))
    return new UnwindError(
      'TARGET_OWNED',
      `${tool}'s own lock on ${database.name} is held: a migration runs, or one was killed. Wait for it; where nothing migrates any more, free it (knex migrate:unlock), then retry`,
    )
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
    return new UnwindError(
      'CONFIGURATION_INVALID',
      `the release's files hold no ${tool} with its driver; install its packages in the folder of the release, as its image does`,
    )
  const sqlstate = /^[0-9A-Z]{5}$/.test(code) || code.startsWith('E')
  if (sqlstate) return databaseError(Object.assign(new Error(message), { code }), where, `take the migrations ${verb}`)
  return new UnwindError(
    'TARGET_REJECTED',
    `${tool} refuses to take the migrations of ${database.name} ${verb} (${name}); nothing of this step was kept`,
  )
}
