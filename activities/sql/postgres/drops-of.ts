import { parts, relationName } from './names.ts'
import { parse } from './parse.ts'

/** A relation, or a column of one, that a script drops. */
export interface Dropped {
  relation: string
  column?: string
}

const RELATIONS = new Set(['OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE'])

/** What a script drops, where it does nothing else; undefined where it does. Names are quoted, as to_regclass reads them. */
export async function dropsOf(sql: string): Promise<Dropped[] | undefined> {
  const parsed = await parse(sql)
  if ('unread' in parsed) return undefined
  const found = parsed.map(({ node }): Dropped[] | undefined => {
    if ('DropStmt' in node)
      return RELATIONS.has(node.DropStmt.removeType ?? '')
        ? (node.DropStmt.objects ?? []).map((object) => ({ relation: quoted(parts(object)) }))
        : undefined
    if (!('AlterTableStmt' in node)) return undefined
    const { relation, cmds } = node.AlterTableStmt
    const columns = (cmds ?? []).map((one) =>
      'AlterTableCmd' in one && one.AlterTableCmd.subtype === 'AT_DropColumn' ? one.AlterTableCmd.name : undefined,
    )
    if (columns.includes(undefined)) return undefined
    const name = relation?.schemaname ? [relation.schemaname, relation.relname ?? ''] : [relationName(relation)]
    return columns.map((column) => ({ relation: quoted(name), column: column ?? '' }))
  })
  return found.includes(undefined) ? undefined : found.flatMap((drops) => drops ?? [])
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.')
}
