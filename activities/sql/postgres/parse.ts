import type { Node } from 'libpg-query'
import { oneLine, withoutStrings } from '../text.ts'

/** One statement: its tree, and its text without the values of rows. */
export interface Statement {
  node: Node
  text: string
}

/** Longer scripts are not read: a migration is not that long, and its data loads are unknown anyway. */
const LIMIT = 1_000_000

/** Statements whose text holds values that no reader of a plan should see. */
const VALUES = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
  'SelectStmt',
  'CreateRoleStmt',
  'AlterRoleStmt',
  'DoStmt',
  'CreateUserMappingStmt',
  'CreateSubscriptionStmt',
  'CreateForeignServerStmt',
  'CallStmt',
  'ExecuteStmt',
])

/** The statements of a script. The parser is PostgreSQL's own, compiled to WebAssembly; it is loaded at the first call. */
export async function parse(sql: string): Promise<Statement[] | { unread: string; because: string }> {
  if (sql.length > LIMIT) return { unread: oneLine(sql), because: `it is longer than ${LIMIT} characters` }
  const { loadModule, normalizeSync, parseSync } = await import('libpg-query')
  await loadModule()
  try {
    const bytes = Buffer.from(sql)
    const texts = (parseSync(sql).stmts ?? []).map(({ stmt, stmt_location: from = 0, stmt_len: length }) => ({
      node: stmt as Node,
      source: bytes.subarray(from, length ? from + length : undefined).toString('utf8'),
    }))
    return texts.map(({ node, source }) => {
      const hidden = VALUES.has(Object.keys(node)[0] ?? '')
      // `normalize` replaces constants of queries; bodies of functions and options of roles are strings, too.
      return { node, text: oneLine(hidden ? withoutStrings(normalizeSync(source)) : source) }
    })
  } catch (error) {
    // What can't be read may hold anything, so its strings are left out.
    const because = `PostgreSQL's grammar does not read it: ${error instanceof Error ? error.message : 'unknown error'}`
    return { unread: oneLine(withoutStrings(sql)), because: oneLine(because) }
  }
}
