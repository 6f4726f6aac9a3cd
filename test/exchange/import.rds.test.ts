import { expect, test } from 'vitest'
import { measurements } from '../../activities/checks/schemas.ts'
import { kinds } from '../../activities/schemas.ts'
import { importRunbook, knownBy } from '../../exchange/import/index.ts'

test.each([
  [
    'instance',
    `aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier mydb --target-db-instance-identifier mydb-recovery --restore-time 2026-01-15T10:00:00Z
aws rds modify-db-instance --db-instance-identifier mydb-recovery --new-db-instance-identifier mydb --apply-immediately`,
  ],
  [
    'cluster',
    `aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier mydb --db-cluster-identifier mydb-recovery --restore-to-time 2026-01-15T10:00:00Z
aws rds modify-db-cluster --db-cluster-identifier mydb-recovery --new-db-cluster-identifier mydb --apply-immediately`,
  ],
])(
  'a restored %s that is renamed onto the name that is taken is refused, and becomes the promotion that works',
  (sort, recipe) => {
    const own = knownBy(kinds, measurements)
    const { document, findings, text } = importRunbook(recipe, { format: 'shell', name: 'mydb', known: own })
    expect(findings.map(({ outcome }) => outcome)).toEqual(['step', 'refused'])
    expect(findings[1]?.reason).toContain('mydb is still there')
    expect(JSON.stringify(document)).toContain(
      `"kind":"rds-promote","${sort}":"mydb","candidate":{"ref":"rds-restore.resourceId"}`,
    )
    expect(text).toContain(`# Refused: aws rds modify-db-${sort}`)
  },
)
