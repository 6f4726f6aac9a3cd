import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Duration, Name, Ref } from '../../../model/step.ts'

/** Any name that PostgreSQL allows but for dots and quotes; it is quoted as it is written, so case counts. */
const NAME = String.raw`[^."\u0000-\u001f\u007f]{1,63}`
const Column = z.string().regex(new RegExp(`^${NAME}$`), 'write the name of a column, in its own case')
const Schema = z
  .string()
  .regex(new RegExp(`^${NAME}$`), 'write the name of a schema')
  .default('public')
const Table = z
  .string()
  .regex(new RegExp(String.raw`^${NAME}(?:\.${NAME})?$`), 'write <table> or <schema>.<table>, in its own case')
const Scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()])
const Columns = z.record(Column, Scalar).refine((columns) => Object.keys(columns).length <= 10, 'at most 10 columns')
const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER)

const Rows = z.strictObject({
  table: Table,
  where: Columns.optional().describe('Only rows with these values.'),
  atLeast: Count.optional(),
  atMost: Count.optional(),
  about: z.union([Count, Ref]).optional().describe('The number that was counted before, or what a step has left.'),
  within: z
    .string()
    .regex(/^\d{1,3}(?:\.\d{1,3})?%$/, 'write a share of about, such as 5%')
    .default('0%')
    .describe('How far from about it may be.'),
})

const Fresh = z.strictObject({
  table: Table,
  column: Column.describe('When a row was made.'),
  within: Duration.describe('The newest row may be so much older than at.'),
  at: z
    .union([z.iso.datetime({ offset: true }), Ref])
    .optional()
    .describe('The time that was restored to: nothing may be newer. Default: now.'),
})

const MEASURES = {
  rows: Rows.optional().describe('How many rows a table has, with a tolerance.'),
  fresh: Fresh.optional().describe('How old the newest row of a table is, and that none is newer than it can be.'),
  row: z
    .strictObject({ table: Table, where: Columns, holds: Columns.default({}) })
    .optional()
    .describe('A row that must be there once, and the values that it must hold. Values are never shown.'),
  sum: z
    .strictObject({ table: Table, column: Column, where: Columns.optional(), is: z.number() })
    .optional()
    .describe('The sum of a column, such as 0 of a ledger.'),
  foreignKeys: z
    .strictObject({ schema: Schema })
    .optional()
    .describe('Every foreign key of the schema leads to a row: a restore may have gone round the triggers.'),
  sequences: z
    .strictObject({ schema: Schema })
    .optional()
    .describe('Every sequence of a column in the schema is not behind the largest value there.'),
  migrations: z
    .strictObject({
      table: Table.describe('The bookkeeping of the migration tool, such as knex_migrations.'),
      column: Column.describe('Where it keeps the names, such as name or migration_name.'),
      where: Columns.optional(),
      are: z.union([z.array(z.string().max(255)).max(2_000), Ref]),
    })
    .optional()
    .describe('The migrations that were applied are exactly those of the release.'),
  extensions: z
    .record(z.string().max(63), z.string().max(60))
    .optional()
    .describe('Extensions that must be installed, with their versions; * takes any.'),
} as const

/** The fields of which a measurement has exactly one. */
export const MEASURED = Object.keys(MEASURES) as (keyof typeof MEASURES)[]

export const PostgresMeasurement = z
  .strictObject({
    postgres: Name.describe('The connection of kind postgres. A role that may only read is enough, and best.'),
    host: z
      .union([z.string().min(1).max(253), Ref])
      .optional()
      .describe(
        'Another server in the domain of the connection’s own, with the same database and role: the restored copy, such as { ref: restore.host }.',
      ),
    port: z
      .union([z.int().min(1).max(65_535), Ref])
      .optional()
      .describe('Its port. Default: that of the connection.'),
    ...MEASURES,
    timeout: Duration.default('30s').describe('Bound on each statement. At most 10m.'),
  })
  .refine((measurement) => MEASURED.filter((key) => measurement[key] !== undefined).length === 1, {
    message: `name exactly one of ${MEASURED.join(', ')}`,
  })
  .meta({
    id: 'PostgresMeasurement',
    title: 'Database',
    description: 'Reads one fact from a PostgreSQL database, in a transaction that can write nothing.',
  })
export type PostgresMeasurement = z.infer<typeof PostgresMeasurement>

export const postgresKind = defineMeasurement({
  schema: PostgresMeasurement,
  connection: { kind: 'postgres', field: 'postgres' },
  title: ({ postgres, rows, fresh, row, sum, foreignKeys, sequences, migrations, extensions }) => {
    const what =
      (rows && `rows of ${rows.table}`) ??
      (fresh && `age of ${fresh.table}`) ??
      (row && `a row of ${row.table}`) ??
      (sum && `sum of ${sum.table}.${sum.column}`) ??
      (foreignKeys && `foreign keys of ${foreignKeys.schema}`) ??
      (sequences && `sequences of ${sequences.schema}`) ??
      (migrations && `migrations in ${migrations.table}`) ??
      `extensions ${Object.keys(extensions ?? {}).join(', ')}`
    return `${what} in ${postgres}`
  },
})
