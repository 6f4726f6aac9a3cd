/** Statements of a MySQL script: split at semicolons outside of strings, quoted names and comments. At most 10 000. */
export function split(sql: string): string[] {
  const found: string[] = []
  let [start, at] = [0, 0]
  while (at < sql.length && found.length < 10_000) {
    const rest = sql.slice(at, at + 2)
    const quote = rest[0] ?? ''
    if (quote === "'" || quote === '"' || quote === '`') at = afterQuote(sql, at, quote)
    else if (rest === '/*') at = after(sql, at, '*/')
    else if (quote === '#' || (rest === '--' && /\s|^$/.test(sql[at + 2] ?? ''))) at = after(sql, at, '\n')
    else if (quote === ';') {
      found.push(sql.slice(start, at))
      start = ++at
    } else at++
  }
  return [...found, sql.slice(start)].filter(
    (statement) => statement.replace(/\/\*(?!!)[\s\S]*?\*\/|(--\s|#)[^\n]*/g, '').trim() !== '',
  )
}

function afterQuote(sql: string, from: number, quote: string): number {
  let at = from + 1
  while (at < sql.length) {
    if (sql[at] === '\\' && quote !== '`') at += 2
    else if (sql[at] === quote && sql[at + 1] === quote) at += 2
    else if (sql[at] === quote) return at + 1
    else at++
  }
  return sql.length
}

function after(sql: string, from: number, mark: string): number {
  const end = sql.indexOf(mark, from + 2)
  return end < 0 ? sql.length : end + mark.length
}
