import type { InsertStmt, Node, SelectStmt } from 'libpg-query'
import { breaks, safe, surprises, unclear, type Verdict } from '../verdict.ts'
import { dropped, renamed } from './drops.ts'
import { Fresh } from './fresh.ts'
import { dotted, relationName } from './names.ts'
import { alterTable, createIndex, createTable } from './tables.ts'

/** Judges the statements of one move upwards, in order: what one of them makes, the next may change freely. */
export function judgeAll(statements: readonly Node[]): Verdict[] {
  const fresh = new Fresh()
  return statements.map((statement) => judge(statement, fresh))
}

type Rule = (statement: never, fresh: Fresh) => Verdict

const PROCEDURAL = 'code that runs inside the database; what it does is not to be read from it'
const procedural = () => unclear(PROCEDURAL)
const changesRows = () => unclear('rows are changed, which no schema tells')
const nothing = () => safe('it leaves nothing behind that the old code meets')

/** By the node's name. What has no rule is unknown, which counts as unsafe. */
const rules: Readonly<Record<string, Rule>> = {
  CreateStmt: createTable,
  CreateTableAsStmt: (statement: { into?: { rel?: object }; objtype?: string; if_not_exists?: boolean }, fresh) => {
    const name = relationName(statement.into?.rel as never)
    if (!statement.if_not_exists) fresh.add(statement.objtype === 'OBJECT_MATVIEW' ? 'view' : 'table', name)
    return safe(`the old code does not know ${name}`)
  },
  AlterTableStmt: alterTable,
  IndexStmt: createIndex,
  RenameStmt: renamed,
  DropStmt: dropped,
  ViewStmt: (statement: { view?: object; replace?: boolean }, fresh) => {
    const name = relationName(statement.view as never)
    if (statement.replace && !fresh.has('view', name))
      return breaks(`${name} may be there already, and answer otherwise now`)
    fresh.add('view', name)
    return safe(`the old code does not know ${name}`)
  },
  RefreshMatViewStmt: () => safe('it computes what it computed before'),
  CreateEnumStmt: (statement: { typeName?: Node[] }, fresh) => {
    fresh.add('type', dotted(statement.typeName))
    return nothing()
  },
  AlterEnumStmt: (statement: { typeName?: Node[]; oldVal?: string; newVal?: string }, fresh) => {
    const name = dotted(statement.typeName)
    if (fresh.has('type', name)) return nothing()
    if (statement.oldVal) return breaks(`the old code may write ${name} by its old word`)
    return surprises(`the old code may read a word of ${name} that it does not know`)
  },
  CreateDomainStmt: nothing,
  CreateSchemaStmt: (statement: { schemaElts?: Node[] }) =>
    (statement.schemaElts ?? []).length > 0 ? unclear('it makes more than a schema') : nothing(),
  CreateSeqStmt: nothing,
  AlterSeqStmt: (statement: { options?: Node[] }) =>
    (statement.options ?? []).every((node) => 'DefElem' in node && node.DefElem.defname === 'owned_by')
      ? nothing()
      : unclear('numbers that the old code draws change'),
  CreateExtensionStmt: (statement: { extname?: string }) =>
    EXTENSIONS.has(statement.extname ?? '') ? nothing() : unclear(`what ${statement.extname} does is not known here`),
  CommentStmt: nothing,
  CreateStatsStmt: nothing,
  VacuumStmt: nothing,
  ReindexStmt: nothing,
  ClusterStmt: nothing,
  LockStmt: nothing,
  CheckPointStmt: nothing,
  TransactionStmt: nothing,
  ConstraintsSetStmt: nothing,
  VariableSetStmt: (statement: { name?: string }) =>
    SESSION_SETTINGS.has(statement.name ?? '')
      ? nothing()
      : unclear(`${statement.name ?? 'all settings'} may change what the next statements mean`),
  GrantStmt: (statement: { is_grant?: boolean }) =>
    statement.is_grant ? safe('it adds rights') : breaks('the role of the old code may lose a right'),
  GrantRoleStmt: (statement: { is_grant?: boolean }) =>
    statement.is_grant ? safe('it adds rights') : breaks('the role of the old code may lose a right'),
  CreateTrigStmt: (statement: { relation?: object }, fresh) =>
    fresh.has('table', relationName(statement.relation as never))
      ? nothing()
      : breaks('it runs for what the old code writes'),
  RuleStmt: () => breaks('it changes what the old code’s statements do'),
  CreatePolicyStmt: () => breaks('the role of the old code may see and write fewer rows'),
  AlterPolicyStmt: () => breaks('the role of the old code may see and write fewer rows'),
  AlterObjectSchemaStmt: () => breaks('the old code looks for it elsewhere'),
  AlterOwnerStmt: () => breaks('the role of the old code may lose its rights'),
  AlterDomainStmt: () => breaks('values of the old code may be refused, or others be read'),
  CreatePublicationStmt: () => breaks('tables without a replica identity refuse updates then'),
  TruncateStmt: changesRows,
  InsertStmt: (statement: InsertStmt, fresh) => insert(statement, fresh),
  UpdateStmt: changesRows,
  DeleteStmt: changesRows,
  MergeStmt: changesRows,
  CopyStmt: changesRows,
  DoStmt: procedural,
  CallStmt: procedural,
  ExecuteStmt: procedural,
  CreateFunctionStmt: procedural,
  SelectStmt: (statement: SelectStmt) =>
    readsOnly(statement) ? nothing() : unclear('what its functions do is not to be read from it'),
} as Readonly<Record<string, Rule>>

const EXTENSIONS = new Set([
  'uuid-ossp',
  'pgcrypto',
  'citext',
  'hstore',
  'pg_trgm',
  'unaccent',
  'btree_gin',
  'btree_gist',
  'ltree',
  'fuzzystrmatch',
  'pg_stat_statements',
  'postgis',
  'vector',
  'tablefunc',
  'intarray',
])

/** Settings of one session that bound or speed up what it does, and change no meaning. */
const SESSION_SETTINGS = new Set([
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'client_min_messages',
  'client_encoding',
  'standard_conforming_strings',
  'maintenance_work_mem',
  'work_mem',
  'timezone',
])

/** One statement's node holds one key: its kind. */
function judge(node: Node, fresh: Fresh): Verdict {
  const [kind, statement] = Object.entries(node)[0] ?? ['', {}]
  const rule = rules[kind]
  return rule ? rule(statement as never, fresh) : unclear(`${kind} is not judged`)
}

/** Constants into a table that is new are rows that the old code never sees. */
function insert({ relation, selectStmt, withClause, onConflictClause }: InsertStmt, fresh: Fresh): Verdict {
  const table = relationName(relation)
  const plain = !withClause && !onConflictClause && (!selectStmt || readsOnly(selectOf(selectStmt)))
  return plain && fresh.has('table', table) ? safe(`the old code does not know ${table}`) : changesRows()
}

function selectOf(node: Node): SelectStmt {
  return 'SelectStmt' in node ? node.SelectStmt : {}
}

/** Whether nothing below it calls a function or changes rows: both can hide in a SELECT. */
function readsOnly(statement: SelectStmt): boolean {
  if (statement.intoClause) return false
  return !mentions(
    statement,
    new Set(['FuncCall', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'LockingClause']),
  )
}

function mentions(tree: unknown, kinds: ReadonlySet<string>): boolean {
  if (Array.isArray(tree)) return tree.some((part) => mentions(part, kinds))
  if (typeof tree !== 'object' || tree === null) return false
  return Object.entries(tree).some(([key, value]) => kinds.has(key) || mentions(value, kinds))
}
