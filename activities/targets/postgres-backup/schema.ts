import { z } from 'zod'
import { defineKind, Name, stepFields } from '../../../model/step.ts'

export const PostgresBackupStep = z
  .strictObject({
    kind: z.literal('postgres-backup'),
    ...stepFields,
    database: Name.optional().describe('The connection. Default: the database of the environment.'),
    schemas: z
      .array(
        z
          .string()
          .min(1)
          .max(63)
          .regex(/^[A-Za-z0-9_][A-Za-z0-9_$-]*$/, 'write the name of a schema, in its own case'),
      )
      .max(50)
      .default([])
      .describe('Only these schemas. Default: the whole database.'),
    atMost: z
      .string()
      .regex(/^[1-9]\d{0,5}(?:MiB|GiB)$/, 'write a size such as 500MiB or 20GiB')
      .default('20GiB')
      .describe('A larger backup is given up.'),
  })
  .meta({
    id: 'PostgresBackupStep',
    title: 'Backup of a PostgreSQL database',
    description:
      'Writes a dump into the worker’s folder or bucket of backups, and checks that it can be listed and is whole. Taken back, it is kept; a drill deletes its own.',
  })
export type PostgresBackupStep = z.infer<typeof PostgresBackupStep>

export const postgresBackupKind = defineKind({
  schema: PostgresBackupStep,
  connection: 'database',
  inherits: ['database'],
  drill: true,
  leaves: ['file', 'sha256', 'bytes'],
  title: ({ database }) => `backup of ${database ?? 'the database'}`,
})

/** In bytes. */
export function sizeOf(text: string): number {
  return Number.parseInt(text, 10) * (text.endsWith('GiB') ? 1_024 ** 3 : 1_024 ** 2)
}
