import type { AlterTableCmd, AlterTableStmt, Constraint, CreateStmt, IndexStmt, Node } from 'libpg-query'
import { breaks, safe, surprises, together, unclear, type Verdict } from '../verdict.ts'
import { foreignKey, newColumn } from './columns.ts'
import { comparedColumns, defaultOf, isHarmlessCondition, isHarmlessExpression } from './expressions.ts'
import type { Fresh } from './fresh.ts'
import { parts, relationName } from './names.ts'

/** A new table breaks nothing, except through what it refers to. */
export function createTable(statement: CreateStmt, fresh: Fresh): Verdict {
  const name = relationName(statement.relation)
  const constraints = (statement.tableElts ?? []).flatMap(constraintsOf)
  const keys = constraints.filter(({ contype }) => contype === 'CONSTR_FOREIGN')
  const self = (constraint: Constraint) => relationName(constraint.pktable) === name
  const verdicts = keys.filter((key) => !self(key)).map((key) => foreignKey(key, fresh))
  if (statement.partbound && constraints.length > 0)
    verdicts.push(breaks('old rows meet the conditions of their new partition'))
  else if ((statement.inhRelations ?? []).length > 0 && !statement.partbound)
    verdicts.push(unclear('its rows appear in the table that it inherits from'))
  if (!statement.if_not_exists) fresh.add('table', name)
  return together(verdicts, `the old code does not know ${name}`)
}

function constraintsOf(node: Node): Constraint[] {
  if ('Constraint' in node) return [node.Constraint]
  return 'ColumnDef' in node ? (node.ColumnDef.constraints ?? []).flatMap(constraintsOf) : []
}

/** Each command of an ALTER TABLE, the worst of which counts. */
export function alterTable(statement: AlterTableStmt, fresh: Fresh): Verdict {
  const table = relationName(statement.relation)
  if (statement.objtype === 'OBJECT_INDEX') return safe('settings of an index')
  if (statement.objtype !== 'OBJECT_TABLE') return unclear(`${statement.objtype} is changed`)
  const commands = (statement.cmds ?? []).flatMap((node) => ('AlterTableCmd' in node ? [node.AlterTableCmd] : []))
  const verdicts = commands.map((command) => onTable(command, table, fresh))
  return together(verdicts, `${table} is changed`)
}

function onTable(command: AlterTableCmd, table: string, fresh: Fresh): Verdict {
  const isNew = fresh.has('table', table)
  const verdict = isNew ? onNewTable(command, table, fresh) : onOldTable(command, table, fresh)
  if (command.subtype === 'AT_DropColumn' && command.name) fresh.forgetColumn(table, command.name)
  return verdict
}

function onNewTable(command: AlterTableCmd, table: string, fresh: Fresh): Verdict {
  const keys = command.def ? constraintsOf(command.def).filter(({ contype }) => contype === 'CONSTR_FOREIGN') : []
  if (command.subtype === 'AT_AddInherit' || command.subtype === 'AT_AttachPartition')
    return unclear('its rows appear in another table, or those of another in it')
  const others = keys.filter(({ pktable }) => relationName(pktable) !== table)
  return together(
    others.map((key) => foreignKey(key, fresh)),
    `the old code does not know ${table}`,
  )
}

const SETTINGS = new Set([
  'AT_SetStatistics',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_ValidateConstraint',
])

const BREAKING: Readonly<Record<string, string>> = {
  AT_AddIdentity: 'values that the old code gives may be refused',
  AT_SetIdentity: 'values that the old code gives may be refused',
  AT_DropIdentity: 'rows of the old code have no value any more',
  AT_ChangeOwner: 'the role of the old code may lose its rights',
  AT_EnableRowSecurity: 'the role of the old code may see and write fewer rows',
  AT_ForceRowSecurity: 'the role of the old code may see and write fewer rows',
  AT_DetachPartition: 'its rows are gone from the table that it was part of',
  AT_AttachPartition: 'old rows meet the bounds of a partition',
  AT_AddInherit: 'its rows appear in another table',
  AT_DropInherit: 'its rows are gone from another table',
  AT_DisableTrig: 'what a trigger did for the old code is not done any more',
  AT_DisableTrigAll: 'what triggers did for the old code is not done any more',
  AT_DisableTrigUser: 'what triggers did for the old code is not done any more',
  AT_SetExpression: 'it is computed from every old row, which may fail',
  AT_AlterConstraint: 'when a constraint is checked changes',
}

function onOldTable(command: AlterTableCmd, table: string, fresh: Fresh): Verdict {
  const { subtype = '', name = '', def } = command
  const known = fresh.column(table, name)
  if (SETTINGS.has(subtype)) return safe('a setting, or the check of rows that are there')
  if (BREAKING[subtype]) return breaks(BREAKING[subtype])
  switch (subtype) {
    case 'AT_AddColumn':
      return addColumn(command, table, fresh)
    case 'AT_DropColumn':
      return known ? safe(`${name} is new, and gone again`) : breaks(`the old code may name ${name}`)
    case 'AT_ColumnDefault':
      return columnDefault(command, table, fresh)
    case 'AT_AlterColumnType':
      return known?.filled === 'no' && known.nullable
        ? safe(`${name} is new`)
        : breaks(`values of ${name} have another type`)
    case 'AT_SetNotNull':
      return known && known.filled !== 'no'
        ? safe(`${name} is new and has a default`)
        : breaks(`the old code may leave ${name} NULL`)
    case 'AT_DropNotNull':
      return known ? safe(`${name} is new`) : surprises(`the old code may meet NULL in ${name}`)
    case 'AT_DropConstraint':
      return breaks(`${name} may be what ON CONFLICT of the old code relies on`)
    case 'AT_AddConstraint':
      return def && 'Constraint' in def ? addConstraint(def.Constraint, table, fresh) : unclear('a constraint is added')
    default:
      return unclear(`${subtype} is not judged`)
  }
}

function addColumn({ def, missing_ok }: AlterTableCmd, table: string, fresh: Fresh): Verdict {
  if (!def || !('ColumnDef' in def)) return unclear('a column is added')
  const { verdict, column } = newColumn(def.ColumnDef, fresh)
  if (!missing_ok) fresh.addColumn(table, def.ColumnDef.colname ?? '', column)
  return verdict
}

function columnDefault({ name = '', def }: AlterTableCmd, table: string, fresh: Fresh): Verdict {
  const known = fresh.column(table, name)
  const value = defaultOf(def)
  if (known) {
    if (value === 'unclear') return unclear(`the default of ${name} is computed for every old row`)
    if (value === 'null' && !known.nullable) return breaks(`${name} must be given, and the old code does not name it`)
    fresh.addColumn(table, name, { ...known, filled: value === 'null' ? 'no' : value })
    return safe(`${name} is new`)
  }
  if (value === 'null') return breaks(`rows of the old code that leave ${name} out have no value any more`)
  if (value === 'unclear') return unclear(`the default of ${name} is computed for every old row`)
  return safe(`rows of the old code that leave ${name} out get another value`)
}

function addConstraint(constraint: Constraint, table: string, fresh: Fresh): Verdict {
  const { contype, raw_expr, keys = [], nulls_not_distinct } = constraint
  if (contype === 'CONSTR_FOREIGN')
    return foreignKey(constraint, fresh).schema === 'yes' && ownKeysEmpty(constraint.fk_attrs, table, fresh)
      ? safe('columns and table are new')
      : breaks('old rows, or rows that they refer to, may be refused')
  if (contype === 'CONSTR_CHECK') {
    const columns = comparedColumns(raw_expr)
    const untouched = columns?.every((column) => isEmpty(table, column, fresh))
    return untouched
      ? safe('it compares new columns only, which the old code leaves NULL')
      : breaks('rows of the old code may fail its CHECK')
  }
  if (
    contype === 'CONSTR_UNIQUE' &&
    !constraint.indexname &&
    !nulls_not_distinct &&
    keys.flatMap(parts).some((key) => isEmpty(table, key, fresh))
  )
    return safe('a column of it is new, which the old code leaves NULL')
  return breaks('rows of the old code may be refused')
}

function ownKeysEmpty(keys: readonly Node[] | undefined, table: string, fresh: Fresh): boolean {
  return (keys ?? []).flatMap(parts).every((key) => isEmpty(table, key, fresh))
}

/** A column that the old code leaves NULL, because it is new and nothing fills it. */
function isEmpty(table: string, column: string, fresh: Fresh): boolean {
  const known = fresh.column(table, column)
  return known !== undefined && known.nullable && known.filled === 'no'
}

/** An index is invisible, except where it is unique or computes what may fail. */
export function createIndex(statement: IndexStmt, fresh: Fresh): Verdict {
  const table = relationName(statement.relation)
  const schema = statement.relation?.schemaname
  if (statement.idxname && !statement.if_not_exists)
    fresh.add('index', `${schema ? `${schema}.` : ''}${statement.idxname}`)
  if (fresh.has('table', table)) return safe(`the old code does not know ${table}`)
  const elements = (statement.indexParams ?? []).flatMap((node) => ('IndexElem' in node ? [node.IndexElem] : []))
  const harmless =
    elements.every(({ name, expr }) => name !== undefined || isHarmlessExpression(expr)) &&
    isHarmlessCondition(statement.whereClause)
  if (!harmless) return breaks('its expression is computed for every old row, which may fail')
  if (!statement.unique) return safe('an index that is not unique changes no answer')
  const empty =
    !statement.nulls_not_distinct && elements.some(({ name }) => name !== undefined && isEmpty(table, name, fresh))
  return empty
    ? safe('a column of it is new, which the old code leaves NULL')
    : breaks('rows of the old code may not be unique')
}
