import { UnwindError } from '../../../model/errors.ts'
import type { Session } from '../../postgres/connect.ts'
import { type Finding, listed } from './finding.ts'
import { quoted } from './text.ts'

const MOST = 1_000

interface Sequence {
  sequence: [schema: string, name: string]
  table: [schema: string, name: string]
  column: string
}

/** Sequences whose next value is taken already: after a restore of data without them every insert would fail. */
export async function behind(session: Session, schema: string): Promise<Finding> {
  const sequences = await session.rows<Sequence>('read pg_sequence', SEQUENCES, [schema])
  if (sequences.length > MOST)
    throw new UnwindError(
      'TARGET_REJECTED',
      `schema ${schema} has more than ${MOST} sequences; check their tables one by one`,
    )
  const late: string[] = []
  for (const one of sequences) {
    const [found] = await session.rows<{ late: boolean }>(`read sequence ${one.sequence.join('.')}`, text(one))
    if (found?.late) late.push(one.sequence[1])
  }
  const observed = late.length > 0 ? `behind their columns: ${listed(late)}` : `${sequences.length} sequences are ahead`
  return {
    ok: late.length === 0,
    expected: `every sequence of ${schema} ahead of its column`,
    observed,
    query: PATTERN,
  }
}

const PATTERN = 'SELECT max(column) >= CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM table, sequence'

/** A sequence that was never asked gives its last_value next; every other one the value after it. */
function text({ sequence, table, column }: Sequence): string {
  const [from, of] = [sequence, table].map((path) => path.map(quoted).join('.'))
  return `SELECT (SELECT max(${quoted(column)}) FROM ${of}) >= (CASE WHEN is_called THEN last_value + 1 ELSE last_value END) AS late FROM ${from}`
}

const SEQUENCES = `
SELECT json_build_array(n.nspname, s.relname) AS sequence, json_build_array(tn.nspname, t.relname) AS table, a.attname AS column
FROM pg_sequence q JOIN pg_class s ON s.oid = q.seqrelid JOIN pg_namespace n ON n.oid = s.relnamespace
  JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i')
  JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE n.nspname = $1 AND q.seqincrement > 0
ORDER BY s.relname LIMIT ${MOST + 1}`
