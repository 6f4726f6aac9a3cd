import pg from 'pg'
import { judgePostgres } from '../../activities/sql/postgres/index.ts'
import type { Judgement } from '../../model/compatibility.ts'
import { type PostgresServer, startPostgres } from '../../tools/postgres/server.ts'
import { OLD_QUERIES, OLD_READERS, OLD_SCHEMA } from './sql/old.ts'
import { type Migration, migration, type Pick } from './sql/statements.ts'

export const title = 'No statement of a migration that breaks the old code is called safe'

export const describe =
  'Starts a PostgreSQL. Each of --cases N migrations is judged from its text, then really run on a copy of a database, on which the queries of the old code are run as its own role. At most 15 % may be unknown, apart from code inside the database.'

export const cases = 300

const UNKNOWN_AT_MOST = 0.15

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** Judges and runs every migration; the last line is the share of those that nobody could judge. */
export async function prove(
  { cases: count, seed }: { cases: number; seed: number },
  report: (line: Line) => void,
): Promise<void> {
  const server = await startPostgres()
  const seen = { safe: 0, unsafe: 0, unknown: 0, dynamic: 0, broke: 0, cautious: 0 }
  try {
    await server.sql("CREATE ROLE app LOGIN PASSWORD 'app'")
    await server.sql('CREATE DATABASE old')
    await server.sql(OLD_SCHEMA, 'old')
    const pick = picker(seed)
    for (let index = 0; index < count; index++) report(await tryOne(server, index, migration(index, pick), seen))
  } finally {
    await server.stop()
  }
  const judged = seen.safe + seen.unsafe + seen.unknown
  const share = judged === 0 ? 0 : seen.unknown / judged
  console.log(
    `safe ${seen.safe}, unsafe ${seen.unsafe} (${seen.cautious} of them broke none of these queries), unknown ${seen.unknown} of ${judged} (${(100 * share).toFixed(1)} %), code inside the database ${seen.dynamic}; ${seen.broke} migrations broke a query or a reader`,
  )
  report({
    name: 'few are unknown',
    passed: share <= UNKNOWN_AT_MOST,
    detail: `${(100 * share).toFixed(1)} % unknown, at most ${100 * UNKNOWN_AT_MOST} % may be`,
  })
}

type Seen = Record<'safe' | 'unsafe' | 'unknown' | 'dynamic' | 'broke' | 'cautious', number>

async function tryOne(
  server: PostgresServer,
  index: number,
  { up, writes, dynamic }: Migration,
  seen: Seen,
): Promise<Line> {
  const judgements = await judgePostgres(up)
  const found = await truth(server, up, writes)
  const broke = found.failed.length + found.strange.length > 0
  const schema = worst(judgements, 'schema')
  const rows = worst(judgements, 'rows')
  const verdict = schema === 'no' || rows === 'no' ? 'unsafe' : schema === 'yes' && rows === 'yes' ? 'safe' : 'unknown'
  seen[dynamic ? 'dynamic' : verdict] += 1
  if (broke) seen.broke += 1
  else if (verdict === 'unsafe') seen.cautious += 1
  const wrong = [
    ...(schema === 'yes' ? found.failed : []),
    ...(rows === 'yes' ? found.strange : []),
    ...(dynamic && verdict === 'safe' ? ['code inside the database is called safe'] : []),
  ]
  const detail = wrong.length > 0 ? `${up} is called safe, but ${wrong[0]}` : `${verdict}: ${up.slice(0, 100)}`
  return { name: `migration ${index + 1}`, passed: wrong.length === 0, detail }
}

function worst(judgements: readonly Judgement[], of: 'schema' | 'rows') {
  return (['no', 'unknown'] as const).find((answer) => judgements.some((one) => one[of] === answer)) ?? 'yes'
}

/** What really happens: the migration on a copy of the old database, then the old code on that. */
async function truth(server: PostgresServer, up: string, writes: string | undefined) {
  await server.sql('DROP DATABASE IF EXISTS tried')
  await server.sql('CREATE DATABASE tried TEMPLATE old')
  const owner = await open(server.url('tried'))
  try {
    for (const statement of split(up)) await owner.query(statement)
    if (writes) await owner.query(writes)
  } catch (error) {
    throw new Error(`the migration itself fails (${(error as Error).message}), so the case proves nothing: ${up}`, {
      cause: error,
    })
  } finally {
    await owner.end()
  }
  const app = await open(server.url('tried', 'app', 'app'))
  try {
    return { failed: await failing(app), strange: await strange(app) }
  } finally {
    await app.end()
  }
}

async function open(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return client
}

/** CONCURRENTLY wants a statement of its own. Bodies of functions hold semicolons, and need no splitting. */
function split(sql: string): string[] {
  return sql.includes('$$') ? [sql] : sql.split(';').filter((statement) => statement.trim() !== '')
}

async function failing(app: pg.Client): Promise<string[]> {
  const failed: string[] = []
  for (const query of OLD_QUERIES) {
    await app.query('BEGIN')
    await app.query(query).catch((error: Error) => failed.push(`${query}: ${error.message}`))
    await app.query('ROLLBACK')
  }
  return failed
}

async function strange(app: pg.Client): Promise<string[]> {
  const found: string[] = []
  for (const { query, understands } of OLD_READERS) {
    const rows = await app.query(query).then(
      (answer) => answer.rows as Record<string, unknown>[],
      () => [],
    )
    const row = rows.find((one) => !understands(one))
    if (row) found.push(`${query} answers ${JSON.stringify(row)}`)
  }
  return found
}

/** Numbers from a seed: mulberry32. */
function picker(seed: number): Pick {
  let state = seed >>> 0
  return (items) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return items[((mixed ^ (mixed >>> 14)) >>> 0) % items.length] as (typeof items)[number]
  }
}
