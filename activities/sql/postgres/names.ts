import type { Node, RangeVar } from 'libpg-query'

/** A relation as it was written; `public.orders` and `orders` may be two, as search_path decides. */
export function relationName(relation: RangeVar | undefined): string {
  return `${relation?.schemaname ? `${relation.schemaname}.` : ''}${relation?.relname ?? '?'}`
}

/** A qualified name as its parts, or the parts of a `List` of them. */
export function parts(node: Node | undefined): string[] {
  if (!node) return []
  if ('String' in node) return [node.String.sval ?? '']
  if ('List' in node) return (node.List.items ?? []).flatMap(parts)
  if ('TypeName' in node) return (node.TypeName.names ?? []).flatMap(parts)
  if ('ObjectWithArgs' in node) return (node.ObjectWithArgs.objname ?? []).flatMap(parts)
  return []
}

/** A qualified name as people write it. */
export function dotted(nodes: readonly Node[] | undefined): string {
  return (nodes ?? []).flatMap(parts).join('.')
}
