import type { Judgement, Loss } from '../../../model/compatibility.ts'
import { oneLine } from '../text.ts'
import { unclear } from '../verdict.ts'
import { judgeMySql, lossMySql, type Tree } from './judge.ts'
import { split } from './split.ts'

/**
 * What each statement of a move upwards means for the release before it, on MySQL and MariaDB. The parser is not the
 * server's own: whatever it can't read is unknown.
 */
export async function judgeMySqlScript(sql: string): Promise<Judgement[]> {
  const parsed = await parse(sql)
  const fresh = new Set<string>()
  return parsed.map(({ text, tree }) => ({
    statement: text,
    ...(tree ? judgeMySql(tree, fresh) : unclear('the grammar of MySQL that is used here does not read it')),
  }))
}

/** What each statement of a move downwards does to rows. */
export async function lossMySqlScript(sql: string): Promise<Loss[]> {
  const parsed = await parse(sql)
  return parsed.map(({ text, tree }) => ({
    statement: text,
    ...(tree
      ? lossMySql(tree)
      : { destroys: 'unknown', because: 'the grammar of MySQL that is used here does not read it' }),
  }))
}

async function parse(sql: string): Promise<{ text: string; tree: Tree | undefined }[]> {
  const { default: build } = await import('node-sql-parser/build/mysql.js')
  const parser = new build.Parser()
  return split(sql).map((source) => {
    const text = oneLine(source.replace(/'(?:[^'\\]|\\.|'')*'/g, "'…'"))
    // A comment with a mark is run by the server and passed over by the parser.
    if (source.includes('/*!')) return { text, tree: undefined }
    try {
      const trees = [parser.astify(source)].flat() as unknown as Tree[]
      return { text, tree: trees.length === 1 ? trees[0] : undefined }
    } catch {
      return { text, tree: undefined }
    }
  })
}
