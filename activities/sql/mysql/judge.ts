import type { Loss } from '../../../model/compatibility.ts'
import { breaks, safe, together, unclear, type Verdict } from '../verdict.ts'

/** A node of the parser's tree; only what is read here. */
export interface Tree {
  type?: string
  keyword?: string
  action?: string
  resource?: string
  index_type?: string | null
  if_not_exists?: unknown
  replace?: unknown
  table?: { db?: string | null; table?: string }[] | { db?: string | null; table?: string }
  name?: { db?: string | null; table?: string }[]
  expr?: Tree[]
  column?: { column?: string }
  create_definitions?: Tree[] | Tree
  constraint_type?: string
  nullable?: { type?: string }
  default_val?: { value?: { type?: string } }
  auto_increment?: unknown
  primary_key?: unknown
  unique?: unknown
  reference_definition?: unknown
  check?: unknown
  generated?: unknown
}

/** One statement, judged for the code before it; `fresh` holds the tables that the statements before it made. */
export function judgeMySql(tree: Tree, fresh: Set<string>): Verdict {
  const name = tableOf(tree)
  const kind = `${tree.type} ${tree.keyword ?? ''}`.trim()
  switch (kind) {
    case 'create table':
      return createTable(tree, name, fresh)
    case 'create index':
      return fresh.has(name) || !tree.index_type || tree.index_type === 'fulltext' || tree.index_type === 'spatial'
        ? safe('an index that is not unique changes no answer')
        : breaks('rows of the old code may not be unique')
    case 'create view':
      return tree.replace
        ? breaks('it may be there already, and answer otherwise now')
        : safe('the old code does not know it')
    case 'create database':
    case 'create schema':
      return safe('the old code does not know it')
    case 'create trigger':
      return breaks('it runs for what the old code writes')
    case 'alter':
      return alter(tree, name, fresh)
    case 'drop table':
      return (tree.name ?? []).every((one) => fresh.has(nameOf(one)))
        ? safe('it is new, and gone again')
        : breaks(`the old code may name ${name}`)
    case 'drop index':
    case 'drop view':
    case 'drop trigger':
    case 'drop procedure':
    case 'drop function':
      return breaks('the old code may rely on it')
    case 'rename':
      return breaks('the old code knows the old name')
    case 'insert':
    case 'replace':
    case 'update':
    case 'delete':
    case 'truncate table':
      return unclear('rows are changed, which no schema tells')
    default:
      return unclear(`${kind} is not judged`)
  }
}

function createTable(tree: Tree, name: string, fresh: Set<string>): Verdict {
  const definitions = [tree.create_definitions ?? []].flat()
  const refers = definitions.some((one) => one.reference_definition)
  if (!tree.if_not_exists) fresh.add(name)
  return refers
    ? breaks('new rows that refer to a table keep the old code from deleting or truncating there')
    : safe(`the old code does not know ${name}`)
}

function alter(tree: Tree, name: string, fresh: Set<string>): Verdict {
  const parts = (tree.expr ?? []).map((part) => {
    if (part.reference_definition || definitionOf(part)?.reference_definition)
      return breaks('rows that refer to others keep the old code from deleting or truncating those')
    return fresh.has(name) ? safe(`the old code does not know ${name}`) : change(part)
  })
  return together(parts, `${name} is changed`)
}

function change(part: Tree): Verdict {
  const what = `${part.action ?? part.keyword ?? ''} ${part.resource ?? ''}`.trim()
  const column = part.column?.column ?? 'a column'
  switch (what) {
    case 'add column':
      return addColumn(part, column)
    case 'add index':
      return /unique/.test(part.keyword ?? '')
        ? breaks('rows of the old code may not be unique')
        : safe('an index changes no answer')
    case 'add constraint':
      return breaks('rows of the old code may be refused')
    case 'drop column':
    case 'drop index':
    case 'drop key':
    case 'drop constraint':
      return breaks('the old code may rely on it')
    case 'modify column':
    case 'change column':
      return breaks(`${column} has another name, type or default`)
    case 'rename table':
    case 'rename column':
      return breaks('the old code knows the old name')
    default:
      return unclear(`${what} is not judged`)
  }
}

function addColumn(part: Tree, column: string): Verdict {
  if (part.generated || part.check) return breaks(`${column} is computed or checked for every old row`)
  if (part.auto_increment) return safe(`${column} counts by itself`)
  const preset = part.default_val?.value?.type
  const filled = preset !== undefined && preset !== 'null'
  if ((part.unique || part.primary_key) && (filled || part.primary_key))
    return breaks('a second old row has the same value, which must be unique')
  if (part.nullable?.type === 'not null' && !filled)
    return breaks(`${column} must be given, and the old code does not name it`)
  return safe(`old rows leave ${column} to its default`)
}

/** What one statement of an undo does to rows. */
export function lossMySql(tree: Tree): Pick<Loss, 'destroys' | 'because'> {
  const kind = `${tree.type} ${tree.keyword ?? ''}`.trim()
  if (kind === 'drop table') return { destroys: 'data', because: 'every row of it is gone' }
  if (KEEPING.has(kind)) return { destroys: 'nothing', because: 'it changes no row' }
  if (kind !== 'alter') return { destroys: 'unknown', because: `what ${kind} does to rows is not to be read from it` }
  const parts = (tree.expr ?? []).map((part) => `${part.action ?? part.keyword ?? ''} ${part.resource ?? ''}`.trim())
  if (parts.includes('drop column')) return { destroys: 'data', because: 'every value of a column is gone' }
  if (parts.some((part) => part.startsWith('modify') || part.startsWith('change')))
    return { destroys: 'data', because: 'values may be cut short, or refused' }
  return parts.every((part) => ROWS_STAY.has(part))
    ? { destroys: 'nothing', because: 'rows stay as they are' }
    : { destroys: 'unknown', because: 'what it does to rows is not known' }
}

const KEEPING = new Set([
  'create table',
  'create index',
  'create view',
  'drop index',
  'drop view',
  'drop trigger',
  'rename',
])
const ROWS_STAY = new Set([
  'add column',
  'add index',
  'add constraint',
  'drop index',
  'drop key',
  'drop constraint',
  'rename table',
  'rename column',
])

function definitionOf(part: Tree): Tree | undefined {
  return [part.create_definitions ?? []].flat()[0]
}

function tableOf({ table, name }: Tree): string {
  return nameOf([table ?? name ?? []].flat()[0])
}

function nameOf(table: { db?: string | null; table?: string } | undefined): string {
  return `${table?.db ? `${table.db}.` : ''}${table?.table ?? '?'}`
}
