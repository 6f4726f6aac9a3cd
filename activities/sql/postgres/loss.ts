import type { AlterTableCmd, AlterTableStmt, DropStmt, Node } from 'libpg-query'
import type { Loss } from '../../../model/compatibility.ts'
import { parts, relationName } from './names.ts'

type Destroyed = Pick<Loss, 'destroys' | 'because'>

const keeps = (because: string): Destroyed => ({ destroys: 'nothing', because })
const loses = (because: string): Destroyed => ({ destroys: 'data', because })
const unclear = (because: string): Destroyed => ({ destroys: 'unknown', because })

/** What one statement of an undo does to rows. */
export function lossOf(node: Node): Destroyed {
  const [kind = '', statement] = Object.entries(node)[0] ?? []
  if (kind === 'DropStmt') return byDrop(statement as DropStmt)
  if (kind === 'AlterTableStmt') return byAlter(statement as AlterTableStmt)
  if (KEEPING.has(kind)) return keeps('it changes no row')
  if (kind === 'SelectStmt') return unclear('what its functions do is not to be read from it')
  return unclear(`what ${kind} does to rows is not to be read from it`)
}

const KEEPING = new Set(
  `CreateStmt IndexStmt RenameStmt AlterObjectSchemaStmt ViewStmt CreateEnumStmt CreateDomainStmt CreateSchemaStmt CreateSeqStmt
  CreateExtensionStmt CommentStmt CreateStatsStmt VacuumStmt ReindexStmt LockStmt TransactionStmt GrantStmt GrantRoleStmt
  CreateTrigStmt RuleStmt CreatePolicyStmt AlterPolicyStmt AlterOwnerStmt RefreshMatViewStmt VariableSetStmt CreateFunctionStmt
  ConstraintsSetStmt CreateTableAsStmt AlterEnumStmt`.split(/\s+/),
)

const ROWLESS = new Set([
  'OBJECT_INDEX',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_TYPE',
  'OBJECT_DOMAIN',
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_STATISTIC_EXT',
  'OBJECT_SCHEMA',
  'OBJECT_COLLATION',
])

function byDrop({ objects, removeType, behavior }: DropStmt): Destroyed {
  const names = (objects ?? []).map((object) => parts(object).join('.')).join(', ')
  if (removeType === 'OBJECT_TABLE') return loses(`every row of ${names} is gone`)
  if (removeType === 'OBJECT_FOREIGN_TABLE') return keeps('the rows are elsewhere')
  if (removeType === 'OBJECT_SEQUENCE') return loses(`how far ${names} has counted is gone`)
  if (!ROWLESS.has(removeType ?? '')) return unclear(`what goes with ${names} is not known`)
  return behavior === 'DROP_CASCADE' ? unclear(`what depends on ${names} goes with it`) : keeps('it holds no rows')
}

const ROWS_STAY = new Set(
  `AT_ColumnDefault AT_DropNotNull AT_SetNotNull AT_SetStatistics AT_SetStorage AT_SetRelOptions AT_ResetRelOptions AT_DropConstraint
  AT_ValidateConstraint AT_ChangeOwner AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity AT_NoForceRowSecurity
  AT_EnableTrig AT_DisableTrig AT_AddIdentity AT_SetIdentity AT_DropIdentity AT_AddConstraint AT_ClusterOn AT_DropCluster`.split(
    /\s+/,
  ),
)

function byAlter({ relation, cmds, objtype }: AlterTableStmt): Destroyed {
  const table = relationName(relation)
  if (objtype !== 'OBJECT_TABLE')
    return objtype === 'OBJECT_INDEX' ? keeps('an index holds no rows') : unclear(`${objtype} is changed`)
  const all = (cmds ?? []).flatMap((node) => ('AlterTableCmd' in node ? [byCommand(node.AlterTableCmd, table)] : []))
  return (
    all.find(({ destroys }) => destroys === 'unknown') ??
    all.find(({ destroys }) => destroys === 'data') ??
    keeps('rows stay as they are')
  )
}

function byCommand({ subtype, name = '', behavior }: AlterTableCmd, table: string): Destroyed {
  if (behavior === 'DROP_CASCADE') return unclear('what depends on it goes with it')
  if (subtype === 'AT_DropColumn') return loses(`every value of ${table}.${name} is gone`)
  if (subtype === 'AT_AddColumn') return keeps('what the column held was gone before')
  if (subtype === 'AT_AlterColumnType') return loses(`values of ${table}.${name} may be cut short, or refused`)
  return ROWS_STAY.has(subtype ?? '')
    ? keeps('rows stay as they are')
    : unclear(`what ${subtype ?? 'it'} does to rows is not known`)
}
