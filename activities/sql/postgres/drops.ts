import type { DropStmt, RenameStmt } from 'libpg-query'
import { breaks, safe, together, unclear, type Verdict } from '../verdict.ts'
import type { Fresh } from './fresh.ts'
import { parts, relationName } from './names.ts'

const KINDS: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'view',
  OBJECT_INDEX: 'index',
  OBJECT_TYPE: 'type',
}

/** What was made before is gone; what these statements made themselves may go again. */
export function dropped({ objects, removeType, behavior }: DropStmt, fresh: Fresh): Verdict {
  const kind = KINDS[removeType ?? '']
  const verdicts = (objects ?? []).map((object) => {
    const name = parts(object).join('.')
    const isNew = kind !== undefined && fresh.has(kind, name)
    if (kind && isNew) fresh.forget(kind, name)
    if (isNew && behavior !== 'DROP_CASCADE') return safe(`${name} is new, and gone again`)
    return breaks(
      removeType === 'OBJECT_INDEX'
        ? `${name} may be what ON CONFLICT of the old code relies on`
        : `the old code may name ${name}`,
    )
  })
  return together(verdicts, 'something is dropped')
}

/** The old code knows the old name. What is new may be called anything. */
export function renamed(statement: RenameStmt, fresh: Fresh): Verdict {
  const { renameType, relation, subname = '', newname = '' } = statement
  const name = relationName(relation)
  const { schemaname } = relation ?? {}
  if (renameType === 'OBJECT_TABLE') {
    if (!fresh.has('table', name)) return breaks(`the old code names ${name}`)
    fresh.forget('table', name)
    fresh.add('table', `${schemaname ? `${schemaname}.` : ''}${newname}`)
    // The old code may have a table of that name in mind: then it meets another one.
    return breaks(`${newname} may be a name that the old code uses for another table`)
  }
  if (renameType === 'OBJECT_COLUMN') {
    if (fresh.has('table', name)) return safe(`the old code does not know ${name}`)
    const column = fresh.column(name, subname)
    if (!column) return breaks(`the old code may name ${subname}`)
    fresh.forgetColumn(name, subname)
    fresh.addColumn(name, newname, column)
    // Only a column that was dropped before leaves its name; then values of another meaning stand under it.
    return breaks(`${newname} may be a name that the old code uses for another column`)
  }
  if (renameType === 'OBJECT_TABCONSTRAINT' && fresh.has('table', name))
    return safe(`the old code does not know ${name}`)
  return renameType ? breaks('the old code may use the old name') : unclear('something is renamed')
}
