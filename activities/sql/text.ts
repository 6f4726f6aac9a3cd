const SHOWN = 400

/** A statement as a plan shows it: one line, without comments, at most 400 characters. */
export function oneLine(sql: string): string {
  const line = sql
    .replace(/--[^\n]*/g, ' ')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line
}

/** Statements that change rows or make roles, without the values in them; others as they are. */
export function shown(sql: string): string {
  return /\b(INSERT|UPDATE|DELETE|MERGE|COPY|ROLE|USER|PASSWORD|SELECT|DO|CALL|SERVER)\b/i.test(sql)
    ? withoutStrings(sql)
    : sql
}

/** Strings of every kind are replaced by one that says nothing. */
export function withoutStrings(sql: string): string {
  return sql.replace(/\$([A-Za-z_]*)\$[\s\S]*?\$\1\$/g, "'…'").replace(/'(?:[^']|'')*'/g, "'…'")
}
