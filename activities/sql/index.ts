import type { Judgement, Loss } from '../../model/compatibility.ts'

/** Grammars that statements are read by. Each loads its parser at its first call. */
export type Dialect = 'postgres' | 'mysql'

/** What the statements that a release ran mean for the release before it. */
export async function judge(dialect: Dialect, sql: string): Promise<Judgement[]> {
  return dialect === 'postgres'
    ? (await import('./postgres/index.ts')).judgePostgres(sql)
    : (await import('./mysql/index.ts')).judgeMySqlScript(sql)
}

/** What the statements of an undo do to the rows that were written since. */
export async function lossOf(dialect: Dialect, sql: string): Promise<Loss[]> {
  return dialect === 'postgres'
    ? (await import('./postgres/index.ts')).lossPostgres(sql)
    : (await import('./mysql/index.ts')).lossMySqlScript(sql)
}
