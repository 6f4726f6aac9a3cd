import type { Answer } from '../../model/compatibility.ts'

/** What a statement, or a part of one, means for the old code. */
export interface Verdict {
  schema: Answer
  rows: Answer
  because: string
}

/** The old code runs and reads as before. */
export function safe(because: string): Verdict {
  return { schema: 'yes', rows: 'yes', because }
}

/** Statements of the old code fail, or fail for some data. */
export function breaks(because: string): Verdict {
  return { schema: 'no', rows: 'yes', because }
}

/** The old code's statements succeed, but may answer what it does not understand. */
export function surprises(because: string): Verdict {
  return { schema: 'yes', rows: 'no', because }
}

/** Nobody can tell from the statement. */
export function unclear(because: string): Verdict {
  return { schema: 'unknown', rows: 'unknown', because }
}

const RANK: Readonly<Record<Answer, number>> = { yes: 0, unknown: 1, no: 2 }

/** Several parts as one: the worst answer of each question, and the reasons of the parts that gave it. */
export function together(parts: readonly Verdict[], otherwise: string): Verdict {
  const most = (of: 'schema' | 'rows') =>
    parts.reduce<Answer>((answer, part) => (RANK[part[of]] > RANK[answer] ? part[of] : answer), 'yes')
  const deciding = parts.filter(({ schema, rows }) => schema !== 'yes' || rows !== 'yes')
  const reasons = [...new Set((deciding.length > 0 ? deciding : parts).map(({ because }) => because))]
  return { schema: most('schema'), rows: most('rows'), because: reasons.slice(0, 3).join('; ') || otherwise }
}
