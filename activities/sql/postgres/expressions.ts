import type { Node } from 'libpg-query'
import { dotted } from './names.ts'

/** Types that carry no constraint of their own, of PostgreSQL and of well known extensions. Any other may be a domain. */
const PLAIN_TYPES = new Set(
  `bool boolean int2 int4 int8 integer smallint bigint float4 float8 numeric decimal real money text varchar char bpchar name
  bytea uuid json jsonb xml date time timetz timestamp timestamptz interval inet cidr macaddr macaddr8 bit varbit tsvector
  tsquery point line lseg box path polygon circle int4range int8range numrange daterange tsrange tstzrange citext hstore
  ltree geometry geography vector`.split(/\s+/),
)

/** The type's name where it is one that takes every value of its kind. */
export function isPlainType(names: readonly Node[] | undefined): boolean {
  const [name = '', schema] = dotted(names).split('.').toReversed()
  return PLAIN_TYPES.has(name) && (schema === undefined || schema === 'pg_catalog')
}

const DISTINCT = new Set(['gen_random_uuid', 'uuid_generate_v4', 'uuid_generate_v1', 'uuidv7', 'uuidv4'])
const STEADY = new Set(['now', 'clock_timestamp', 'statement_timestamp', 'transaction_timestamp', 'random', 'timezone'])

/** What a default gives to a row that doesn't name the column: nothing, a value that may come twice, one that never does. */
export function defaultOf(expression: Node | undefined): 'null' | 'constant' | 'distinct' | 'unclear' {
  if (!expression) return 'null'
  if ('A_Const' in expression) return expression.A_Const.isnull ? 'null' : 'constant'
  if ('TypeCast' in expression) return defaultOf(expression.TypeCast.arg)
  if ('SQLValueFunction' in expression || 'A_ArrayExpr' in expression) return 'constant'
  if (!('FuncCall' in expression)) return 'unclear'
  const name = dotted(expression.FuncCall.funcname).replace(/^pg_catalog\./, '')
  if (DISTINCT.has(name)) return 'distinct'
  const args = expression.FuncCall.args ?? []
  return STEADY.has(name) && args.every((arg) => defaultOf(arg) === 'constant') ? 'constant' : 'unclear'
}

const COMPARISONS = new Set(['=', '<>', '!=', '<', '>', '<=', '>=', '~~', '~~*', '~'])
const COMPARING = new Set(['AEXPR_OP', 'AEXPR_IN', 'AEXPR_BETWEEN', 'AEXPR_OP_ANY', 'AEXPR_LIKE', 'AEXPR_ILIKE'])

/** Columns that a condition compares with constants, and nothing else; undefined where it does more than that. */
export function comparedColumns(node: Node | undefined): string[] | undefined {
  if (!node) return undefined
  if ('BoolExpr' in node) {
    if (node.BoolExpr.boolop === 'NOT_EXPR') return undefined
    const sides = (node.BoolExpr.args ?? []).map(comparedColumns)
    return sides.includes(undefined) ? undefined : sides.flatMap((side) => side ?? [])
  }
  if (!('A_Expr' in node)) return undefined
  const { kind = '', name, lexpr, rexpr } = node.A_Expr
  if (!COMPARING.has(kind) || (kind === 'AEXPR_OP' && !COMPARISONS.has(dotted(name)))) return undefined
  const column = columnOf(lexpr)
  return column && isConstant(rexpr) ? [column] : undefined
}

function columnOf(node: Node | undefined): string | undefined {
  if (node && 'TypeCast' in node) return columnOf(node.TypeCast.arg)
  return node && 'ColumnRef' in node ? dotted(node.ColumnRef.fields).split('.').at(-1) : undefined
}

function isConstant(node: Node | undefined): boolean {
  if (!node) return false
  if ('A_Const' in node) return true
  if ('TypeCast' in node) return isConstant(node.TypeCast.arg)
  if ('List' in node) return (node.List.items ?? []).every(isConstant)
  return 'A_ArrayExpr' in node && (node.A_ArrayExpr.elements ?? []).every(isConstant)
}

/** Whether a condition can't fail for any row: columns compared with constants, or asked for NULL. */
export function isHarmlessCondition(node: Node | undefined): boolean {
  if (!node) return true
  if ('BoolExpr' in node) return (node.BoolExpr.args ?? []).every(isHarmlessCondition)
  if ('NullTest' in node) return columnOf(node.NullTest.arg) !== undefined
  if ('ColumnRef' in node) return true
  return comparedColumns(node) !== undefined
}

const TOTAL = new Set(['lower', 'upper', 'btrim', 'ltrim', 'rtrim', 'length'])

/** Whether an indexed expression can't fail for any row. */
export function isHarmlessExpression(node: Node | undefined): boolean {
  if (!node) return false
  if ('ColumnRef' in node) return true
  if (!('FuncCall' in node)) return false
  const name = dotted(node.FuncCall.funcname).replace(/^pg_catalog\./, '')
  return TOTAL.has(name) && (node.FuncCall.args ?? []).every(isHarmlessExpression)
}
