import { z } from 'zod'
import { STRATEGIES } from '../../../model/compatibility.ts'
import { defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'

const Release = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'write the name of a release: a folder below releases of the worker')

const Identifier = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[^"\u0000]+$/, 'write a name without quotes')

export const MigrationsStep = z
  .strictObject({
    kind: z.literal('migrations'),
    ...stepFields,
    tool: z.enum(['knex', 'sequelize', 'umzug', 'prisma']).describe('What the release migrates with.'),
    database: Name.optional().describe('The connection. Default: the database of the environment.'),
    leaving: Release.describe('The release that is left: its files know how to undo what it did.'),
    target: Release.describe('The release that is gone back to.'),
    strategy: z
      .enum(STRATEGIES)
      .default('app-only')
      .describe(
        'app-only: keep the schema, and say whether the old release can live with it. undo-migrations: take back what the release brought.',
      ),
    folder: z
      .string()
      .max(300)
      .regex(/^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[\w./@-]+$/, 'write a path within the release, without ..')
      .optional()
      .describe('Migrations within a release. Default: migrations; of Prisma prisma/migrations.'),
    schema: Identifier.default('public').describe('Schema of the tool’s own table.'),
    table: Identifier.optional().describe('The tool’s own table. Default: the tool’s default.'),
    starts: z
      .enum(['migrating', 'plain'])
      .default('migrating')
      .describe(
        'Whether the old release runs its migrations when it starts, which some tools refuse over a newer schema.',
      ),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe('Act although the tool’s own lock is held, once nothing holds it any more. The reason is recorded.'),
  })
  .meta({
    id: 'MigrationsStep',
    title: 'Migrations of a database',
    description: 'Judges the schema that a release leaves behind, and takes back the migrations that it brought.',
  })
export type MigrationsStep = z.infer<typeof MigrationsStep>

export const migrationsKind = defineKind({
  schema: MigrationsStep,
  connection: 'database',
  inherits: ['database'],
  title: (step) => `migrations of ${step.leaving} → ${step.target} (${step.strategy})`,
})
