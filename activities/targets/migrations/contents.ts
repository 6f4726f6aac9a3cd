import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Judgement, Loss } from '../../../model/compatibility.ts'
import type { Database } from '../../postgres/connect.ts'
import { judge, lossOf } from '../../sql/index.ts'
import { runTool } from './child.ts'
import { type MigrationFile, type Release, sha256 } from './files.ts'
import type { MigrationsStep } from './schema.ts'

/** One migration and the SQL that it would run. `asked` where it reads first, so that what it runs depends on the answer. */
export interface Contents {
  file: MigrationFile
  up: Way | undefined
  down: Way | undefined
  /** Whether its author lets it run inside a transaction. */
  atomic: boolean
}

export interface Way {
  statements: string[]
  asked: boolean
}

const CAPTURE_LIMIT = 60_000

/** What these migrations would run, seen without touching the database; in the order that is given. */
export async function contentsOf(
  step: MigrationsStep,
  release: Release,
  files: readonly MigrationFile[],
  database: Database,
  signal: AbortSignal,
): Promise<Contents[]> {
  if (step.tool === 'prisma') return Promise.all(files.map(ofPrisma))
  const request = {
    tool: step.tool,
    verb: 'capture' as const,
    root: release.root,
    files: files.map(({ path }) => path),
  }
  const captured = await runTool<Captured[]>(database, request, { signal, limit: CAPTURE_LIMIT, connects: false })
  return files.map((file, index) => ({
    file,
    up: wayOf(captured[index]?.up),
    down: wayOf(captured[index]?.down),
    atomic: captured[index]?.atomic !== false,
  }))
}

interface Captured {
  atomic: boolean
  up?: Tape
  down?: Tape
}
type Tape = { statements: { text: string }[]; asked: boolean } | { failed: string }

/** One that fails without a database reads from it what it then uses. */
function wayOf(tape: Tape | undefined): Way | undefined {
  if (!tape) return undefined
  return 'failed' in tape
    ? { statements: [], asked: true }
    : { statements: tape.statements.map(({ text }) => text), asked: tape.asked }
}

/** Prisma has no way down: a person writes down.sql beside migration.sql, and approves it by its hash. */
async function ofPrisma(file: MigrationFile): Promise<Contents> {
  const [up, down] = await Promise.all(
    [file.path, join(dirname(file.path), 'down.sql')].map((path) => readFile(path, 'utf8').catch(() => undefined)),
  )
  const way = (sql: string | undefined) => (sql === undefined ? undefined : { statements: [sql], asked: false })
  return { file, up: way(up), down: way(down), atomic: true }
}

/** What one way would run, as a hash: what an approval is bound to. */
export function wayDigest(way: Way | undefined): string {
  return sha256(way?.statements.join('\n;\n') ?? '')
}

/** Statements that PostgreSQL refuses inside a transaction. */
const ALONE =
  /\bCONCURRENTLY\b|^\s*(?:VACUUM|REINDEX\s+(?:DATABASE|SYSTEM)|CREATE\s+DATABASE|DROP\s+DATABASE|ALTER\s+SYSTEM)\b/im

/** Whether all of them can be taken that way in one transaction. */
export function isAtomic(contents: readonly Contents[], way: 'up' | 'down'): boolean {
  return contents.every((one) => one.atomic && !one[way]?.statements.some((text) => ALONE.test(text)))
}

/** What the release's migrations mean for the code before it; oldest first. Names without contents are unknown. */
export async function judgements(contents: readonly Contents[], unseen: readonly string[]): Promise<Judgement[]> {
  const all = await judge('postgres', contents.flatMap(({ up }) => up?.statements ?? []).join('\n;\n'))
  const asking = contents
    .filter(({ up }) => !up || up.asked)
    .map(({ file }) => unknown(file.name, 'it asks the database first; what it then ran depends on the answer'))
  return [...all, ...asking, ...unseen.map((name) => unknown(name, 'no file of the release tells what it ran'))]
}

function unknown(name: string, because: string): Judgement {
  return { statement: `migration ${name}`, schema: 'unknown', rows: 'unknown', because }
}

/** What taking them back destroys, or why they can't be taken back. */
export async function losses(contents: readonly Contents[]): Promise<Loss[] | { impossible: string }> {
  const without = contents.find(({ down }) => down === undefined || (down.statements.length === 0 && !down.asked))
  if (without) return { impossible: `${without.file.name} has no way down` }
  const all = await Promise.all(contents.map(({ down }) => lossOf('postgres', down?.statements.join('\n;\n') ?? '')))
  const asking = contents
    .filter(({ down }) => down?.asked)
    .map(
      ({ file }): Loss => ({
        statement: `migration ${file.name}`,
        destroys: 'unknown',
        because: 'it asks the database first; what it then runs depends on the answer',
      }),
    )
  return [...all.flat(), ...asking]
}
