import pg from 'pg'

/** One SELECT: its text, in which values are parameters, and the values. */
export interface Select {
  text: string
  values: unknown[]
}

/** A column's or a schema's name, quoted as it is written. */
export const quoted = (name: string): string => pg.escapeIdentifier(name)

/** `shop.orders`, each part quoted; without a schema the search path decides, as for the application. */
export function table(name: string): string {
  return name.split('.').map(quoted).join('.')
}

/** `SELECT <what> FROM <table> WHERE …`, NULL being a value like others. */
export function select(what: string, from: string, where: Record<string, unknown> = {}): Select {
  const columns = Object.entries(where)
  const terms = columns.map(([column], index) => `${quoted(column)} IS NOT DISTINCT FROM $${index + 1}`)
  const condition = terms.length > 0 ? ` WHERE ${terms.join(' AND ')}` : ''
  return { text: `SELECT ${what} FROM ${table(from)}${condition}`, values: columns.map(([, value]) => value) }
}
