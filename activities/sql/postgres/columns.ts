import type { ColumnDef, Constraint } from 'libpg-query'
import { breaks, safe, together, unclear, type Verdict } from '../verdict.ts'
import { comparedColumns, defaultOf, isPlainType } from './expressions.ts'
import type { Fresh, FreshColumn } from './fresh.ts'
import { dotted, relationName } from './names.ts'

const SERIAL = new Set(['serial', 'bigserial', 'smallserial', 'serial4', 'serial8', 'serial2'])

/** What a new column of a table that the old code writes to means for rows that don't name it. */
export function newColumn(definition: ColumnDef, fresh: Fresh): { verdict: Verdict; column: FreshColumn } {
  const constraints = (definition.constraints ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []))
  const column = filling(definition, constraints)
  const type = dotted(definition.typeName?.names)
  const parts = [
    ...typeParts(definition, type, fresh),
    ...constraints.flatMap((one) => constraintOn(one, column, fresh)),
  ]
  const nullable = column.nullable || column.filled !== 'no'
  if (!nullable) parts.push(breaks(`${definition.colname} must be given, and the old code does not name it`))
  return { verdict: together(parts, `old rows leave ${definition.colname} to its default`), column }
}

function typeParts(definition: ColumnDef, type: string, fresh: Fresh): Verdict[] {
  if (SERIAL.has(type)) return [breaks('a new sequence fills it, and the role of the old code may lack USAGE on it')]
  if (isPlainType(definition.typeName?.names) || fresh.has('type', type)) return []
  return [unclear(`${type} may be a domain with conditions of its own`)]
}

/** How the column is filled for an INSERT that doesn't name it. */
function filling(definition: ColumnDef, constraints: readonly Constraint[]): FreshColumn {
  const has = (kind: string) => constraints.find(({ contype }) => contype === kind)
  const nullable = !has('CONSTR_NOTNULL') && !has('CONSTR_PRIMARY') && !has('CONSTR_IDENTITY')
  const counted = has('CONSTR_IDENTITY') || SERIAL.has(dotted(definition.typeName?.names))
  if (counted) return { nullable, filled: 'distinct' }
  const given = has('CONSTR_DEFAULT')?.raw_expr
  const value = defaultOf(given)
  return { nullable, filled: value === 'null' || value === 'unclear' ? 'no' : value }
}

function constraintOn(constraint: Constraint, column: FreshColumn, fresh: Fresh): Verdict[] {
  switch (constraint.contype) {
    case 'CONSTR_NULL':
    case 'CONSTR_NOTNULL':
    case 'CONSTR_IDENTITY':
    case 'CONSTR_ATTR_DEFERRABLE':
    case 'CONSTR_ATTR_NOT_DEFERRABLE':
    case 'CONSTR_ATTR_DEFERRED':
    case 'CONSTR_ATTR_IMMEDIATE':
      return []
    case 'CONSTR_DEFAULT':
      return defaultOf(constraint.raw_expr) === 'unclear' ? [unclear('its default is computed for every old row')] : []
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
      return staysDistinct(constraint, column)
        ? []
        : [breaks('a second old row has the same value, which must be unique')]
    case 'CONSTR_CHECK':
      return column.filled === 'no' && comparedColumns(constraint.raw_expr)
        ? []
        : [breaks('its CHECK is applied to every old row')]
    case 'CONSTR_FOREIGN':
      return [foreignKey(constraint, fresh)]
    case 'CONSTR_GENERATED':
      return [breaks('it is computed from every old row, which may fail')]
    default:
      return [unclear(`${constraint.contype} is not known here`)]
  }
}

function staysDistinct(constraint: Constraint, { filled }: FreshColumn): boolean {
  if (filled === 'distinct') return true
  return filled === 'no' && constraint.nulls_not_distinct !== true && constraint.contype === 'CONSTR_UNIQUE'
}

/** Rows that refer to a table keep the old code from deleting, truncating or renumbering what they refer to. */
export function foreignKey({ pktable }: Constraint, fresh: Fresh): Verdict {
  const parent = relationName(pktable)
  return fresh.has('table', parent)
    ? safe(`refers to ${parent}, which is new as well`)
    : breaks(`new rows that refer to ${parent} keep the old code from deleting or truncating there`)
}
