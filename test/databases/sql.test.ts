import { expect, test } from 'vitest'
import { judge, lossOf } from '../../activities/sql/index.ts'
import { assess, propose } from '../../model/compatibility.ts'
import { prove } from '../prove/sql.ts'

const STARTS = { answer: 'yes', because: 'it runs no migrations' } as const

test('a sample of migrations, really run: none that breaks the old code is called safe', async () => {
  const failed: unknown[] = []
  await prove({ cases: 70, seed: 7 }, (line) => !line.passed && failed.push(line))
  expect(failed).toEqual([])
})

test('what only adds leaves the schema as it is; what breaks the old code is undone where that loses nothing', async () => {
  const added = await judge('postgres', 'ALTER TABLE orders ADD COLUMN note text; CREATE INDEX i ON orders (note)')
  const gone = await lossOf('postgres', 'ALTER TABLE orders DROP COLUMN note')
  expect(propose(assess(added, gone, STARTS))).toMatchObject({ strategy: 'app-only', automatic: true })
  const renamed = await judge('postgres', 'ALTER TABLE orders RENAME COLUMN a TO b')
  const back = await lossOf('postgres', 'ALTER TABLE orders RENAME COLUMN b TO a')
  expect(propose(assess(renamed, back, STARTS))).toMatchObject({ strategy: 'undo-migrations', automatic: true })
  const dropped = assess(renamed, gone, STARTS)
  expect(propose(dropped)).toMatchObject({ strategy: 'undo-migrations', automatic: false })
  expect(dropped.undo.deciding).toEqual([expect.objectContaining({ statement: 'ALTER TABLE orders DROP COLUMN note' })])
  expect(propose(assess(renamed, { impossible: 'm2 has no down' }, STARTS)).strategy).toBe('restore-and-promote')
  expect(propose(assess(added, gone, { answer: 'unknown', because: 'not told' })).automatic).toBe(false)
})

test.each(['postgres', 'mysql'] as const)(
  '%s: what can not be read is unknown, never safe, and shows no values',
  async (dialect) => {
    for (const sql of [
      'SELEC 1',
      "INSERT INTO users VALUES ('canary')",
      "UPDATE users SET token = 'canary'",
      'CALL mend()',
      'TRUNCATE TABLE orders',
    ]) {
      const [judgement] = await judge(dialect, sql)
      expect(judgement, sql).toMatchObject({ schema: 'unknown', rows: 'unknown' })
      expect(judgement?.statement).not.toContain('canary')
      expect(
        (await lossOf(dialect, sql)).map(({ destroys }) => destroys),
        sql,
      ).toEqual(['unknown'])
    }
  },
)

test.each([
  ['ALTER TABLE a ADD COLUMN b INT NULL', 'yes'],
  ['ALTER TABLE a ADD COLUMN b INT NOT NULL DEFAULT 1, ADD INDEX i (b)', 'yes'],
  ['CREATE TABLE n (id INT PRIMARY KEY); ALTER TABLE n ADD UNIQUE INDEX u (id); DROP TABLE n', 'yes'],
  ['ALTER TABLE a ADD COLUMN b INT NOT NULL', 'no'],
  ['ALTER TABLE a ADD COLUMN b INT REFERENCES z (id)', 'no'],
  ['ALTER TABLE a CHANGE b c INT', 'no'],
  ['ALTER TABLE a MODIFY b BIGINT', 'no'],
  ['ALTER TABLE a DROP COLUMN b', 'no'],
  ['ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES z (id)', 'no'],
  ['CREATE UNIQUE INDEX u ON a (b)', 'no'],
  ['RENAME TABLE a TO b', 'no'],
  ['/*!50000 DROP TABLE a */', 'unknown'],
  ["DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT ';'; END //", 'unknown'],
])('MySQL: %s', async (sql, answer) => {
  const judged = (await judge('mysql', sql)).map(({ schema }) => schema)
  expect(judged.find((one) => one !== 'yes') ?? 'yes').toBe(answer)
})
