import { UnwindError } from '../../../model/errors.ts'
import type { Session } from '../../postgres/connect.ts'
import { type Finding, listed } from './finding.ts'
import { quoted } from './text.ts'

const MOST = 1_000

interface Key {
  name: string
  child: [schema: string, table: string]
  parent: [schema: string, table: string]
  columns: string[]
  refers: string[]
}

/** Rows that a foreign key should have kept out. One with a NULL among its columns refers to nothing (MATCH SIMPLE). */
export async function orphans(session: Session, schema: string): Promise<Finding> {
  const keys = await session.rows<Key>('read pg_constraint', KEYS, [schema])
  if (keys.length > MOST)
    throw new UnwindError(
      'TARGET_REJECTED',
      `schema ${schema} has more than ${MOST} foreign keys; check its rows by count instead`,
    )
  const broken: string[] = []
  for (const key of keys) {
    const [found] = await session.rows<{ there: boolean }>(`look for orphans in ${key.child.join('.')}`, missing(key))
    if (found?.there) broken.push(`${key.name} of ${key.child[1]}`)
  }
  const observed =
    broken.length > 0 ? `rows that refer to nothing: ${listed(broken)}` : `${keys.length} foreign keys hold`
  return { ok: broken.length === 0, expected: `every foreign key of ${schema} to hold`, observed, query: PATTERN }
}

const PATTERN = 'SELECT EXISTS (SELECT FROM child WHERE key IS NOT NULL AND NOT EXISTS (SELECT FROM parent WHERE …))'

function missing({ child, parent, columns, refers }: Key): string {
  const set = columns.map((column) => `c.${quoted(column)} IS NOT NULL`)
  const same = columns.map((column, index) => `p.${quoted(refers[index] ?? '')} = c.${quoted(column)}`)
  const [from, to] = [child, parent].map((path) => path.map(quoted).join('.'))
  return `SELECT EXISTS (SELECT FROM ${from} c WHERE ${set.join(' AND ')} AND NOT EXISTS (SELECT FROM ${to} p WHERE ${same.join(' AND ')})) AS there`
}

const KEYS = `
SELECT k.conname AS name, json_build_array(n.nspname, c.relname) AS child, json_build_array(fn.nspname, f.relname) AS parent,
  (SELECT json_agg(a.attname ORDER BY o) FROM unnest(k.conkey) WITH ORDINALITY u(num, o)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num) AS columns,
  (SELECT json_agg(a.attname ORDER BY o) FROM unnest(k.confkey) WITH ORDINALITY u(num, o)
    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num) AS refers
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class f ON f.oid = k.confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND n.nspname = $1
ORDER BY c.relname, k.conname LIMIT ${MOST + 1}`
