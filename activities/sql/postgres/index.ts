import type { Judgement, Loss } from '../../../model/compatibility.ts'
import { unclear } from '../verdict.ts'
import { judgeAll } from './judge.ts'
import { lossOf } from './loss.ts'
import { parse } from './parse.ts'

/**
 * What each statement of a move upwards means for the release before it, by the grammar of PostgreSQL itself. SQL that it
 * can't read is one statement, and unknown.
 */
export async function judgePostgres(sql: string): Promise<Judgement[]> {
  const parsed = await parse(sql)
  if ('unread' in parsed) return [{ statement: parsed.unread, ...unclear(parsed.because) }]
  const verdicts = judgeAll(parsed.map(({ node }) => node))
  return parsed.map(({ text }, index) => ({ statement: text, ...(verdicts[index] ?? unclear('it is not judged')) }))
}

/** What each statement of a move downwards does to rows. */
export async function lossPostgres(sql: string): Promise<Loss[]> {
  const parsed = await parse(sql)
  if ('unread' in parsed) return [{ statement: parsed.unread, destroys: 'unknown', because: parsed.because }]
  return parsed.map(({ text, node }) => ({ statement: text, ...lossOf(node) }))
}
