import { milliseconds } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { Session } from '../../postgres/connect.ts'
import { type Finding, listed } from './finding.ts'
import { orphans } from './foreign-keys.ts'
import type { PostgresMeasurement } from './schema.ts'
import { behind } from './sequences.ts'
import { quoted, select } from './text.ts'

/** Reads what the measurement names. Throws errors of the closed table only. */
export async function read(session: Session, measurement: PostgresMeasurement): Promise<Finding> {
  const { rows, fresh, row, sum, foreignKeys, sequences, migrations, extensions } = measurement
  if (rows) return countRows(session, rows)
  if (fresh) return newest(session, fresh)
  if (row) return sentinel(session, row)
  if (sum) return total(session, sum)
  if (foreignKeys) return orphans(session, foreignKeys.schema)
  if (sequences) return behind(session, sequences.schema)
  if (migrations) return applied(session, migrations)
  if (extensions) return installed(session, extensions)
  throw new UnwindError('INVALID_REQUEST', 'the measurement names nothing to measure')
}

type Of<Key extends keyof PostgresMeasurement> = NonNullable<PostgresMeasurement[Key]>

async function countRows(session: Session, { table, where, atLeast, atMost, about, within }: Of<'rows'>) {
  const { text, values } = select('count(*)::text AS n', table, where)
  const [found] = await session.rows<{ n: string }>(`count rows of ${table}`, text, values)
  const n = Number(found?.n)
  const share = Number.parseFloat(within) / 100
  const middle = typeof about === 'number' ? about : undefined
  const low = Math.max(atLeast ?? 0, middle === undefined ? 0 : Math.ceil(middle * (1 - share)))
  const high = Math.min(atMost ?? Infinity, middle === undefined ? Infinity : Math.floor(middle * (1 + share)))
  const expected = high === Infinity ? `at least ${low}` : low === high ? `${low}` : `${low} to ${high}`
  return { ok: n >= low && n <= high, expected, observed: `${n} rows in ${table}`, query: text }
}

async function newest(session: Session, { table, column, within, at }: Of<'fresh'>): Promise<Finding> {
  const newest = `max(${quoted(column)})::timestamptz`
  const until = `coalesce($1::timestamptz, now())`
  const what = `${newest}::text AS newest, ${newest} > ${until} AS later, ${newest} < ${until} - $2::interval AS stale`
  const { text } = select(what, table)
  const values = [typeof at === 'string' ? at : null, `${milliseconds(within)} milliseconds`]
  const [found] = await session.rows<{ newest: string | null; later: boolean; stale: boolean }>(
    `read ${table}.${column}`,
    text,
    values,
  )
  const moment = typeof at === 'string' ? at : 'now'
  const expected = `within ${within} before ${moment}, and nothing later`
  if (!found?.newest) return { ok: false, expected, observed: `${table} has no row with a time`, query: text }
  return { ok: !found.later && !found.stale, expected, observed: `newest of ${table} is ${found.newest}`, query: text }
}

async function sentinel(session: Session, { table, where, holds }: Of<'row'>): Promise<Finding> {
  const columns = Object.entries(holds)
  const start = Object.keys(where).length
  const same = columns.map(
    ([column], index) => `${quoted(column)} IS NOT DISTINCT FROM $${start + index + 1} AS ${quoted(`c${index}`)}`,
  )
  const { text, values } = select(['1 AS one', ...same].join(', '), table, where)
  const query = `${text} LIMIT 2`
  const found = await session.rows<Record<string, unknown>>(`read a row of ${table}`, query, [
    ...values,
    ...columns.map(([, value]) => value),
  ])
  const expected = 'one row with the values that the check names'
  const [only] = found
  if (!only || found.length > 1)
    return { ok: false, expected, observed: `${only ? 'several rows' : 'no such row'} in ${table}`, query }
  const other = columns.flatMap(([column], index) => (only[`c${index}`] === true ? [] : [column]))
  const observed = other.length > 0 ? `the row of ${table} holds others in ${other.join(', ')}` : `the row of ${table}`
  return { ok: other.length === 0, expected, observed, query }
}

async function total(session: Session, { table, column, where, is }: Of<'sum'>): Promise<Finding> {
  const { text, values } = select(`coalesce(sum(${quoted(column)}), 0)::text AS total`, table, where)
  const [found] = await session.rows<{ total: string }>(`sum ${table}.${column}`, text, values)
  const observed = found?.total ?? 'nothing'
  return {
    ok: Number(observed) === is,
    expected: String(is),
    observed: `sum of ${table}.${column} is ${observed}`,
    query: text,
  }
}

async function applied(session: Session, { table, column, where, are }: Of<'migrations'>): Promise<Finding> {
  const { text, values } = select(`DISTINCT ${quoted(column)}::text AS name`, table, where)
  const found = (await session.rows<{ name: string }>(`read ${table}`, text, values)).map(({ name }) => name)
  const wanted = Array.isArray(are) ? are : []
  const missing = wanted.filter((name) => !found.includes(name))
  const more = found.filter((name) => !wanted.includes(name)).toSorted()
  const words = [
    ...(missing.length > 0 ? [`not applied: ${listed(missing)}`] : []),
    ...(more.length > 0 ? [`applied beside them: ${listed(more)}`] : []),
  ]
  const observed = words.length > 0 ? words.join('; ') : `${found.length} migrations in ${table}`
  return { ok: words.length === 0, expected: `exactly ${wanted.length} migrations`, observed, query: text }
}

async function installed(session: Session, wanted: Of<'extensions'>): Promise<Finding> {
  const query = 'SELECT extname AS name, extversion AS version FROM pg_extension WHERE extname = ANY($1)'
  const names = Object.keys(wanted)
  const found = await session.rows<{ name: string; version: string }>('read pg_extension', query, [names])
  const words = names.map((name) => {
    const version = found.find((extension) => extension.name === name)?.version
    return {
      ok: version !== undefined && ['*', version].includes(wanted[name] ?? ''),
      text: `${name} ${version ?? 'missing'}`,
    }
  })
  const expected = names.map((name) => `${name} ${wanted[name]}`).join(', ')
  return { ok: words.every(({ ok }) => ok), expected, observed: words.map(({ text }) => text).join(', '), query }
}
