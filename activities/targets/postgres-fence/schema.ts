import { z } from 'zod'
import { Duration, defineKind, Name, Sentence, stepFields } from '../../../model/step.ts'

const RoleName = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'write the name of a role')

export const PostgresFenceStep = z
  .strictObject({
    kind: z.literal('postgres-fence'),
    ...stepFields,
    database: Name.optional().describe('The connection. Default: the database of the environment.'),
    to: z
      .enum(['fenced', 'open'])
      .default('fenced')
      .describe('fenced: nobody can connect but those exempt. open: whoever could before the fence can again.'),
    except: z
      .array(RoleName)
      .max(20)
      .default([])
      .describe('Roles that may stay and connect: monitoring, replication. The worker’s own role always may.'),
    roles: z
      .array(RoleName)
      .max(20)
      .default([])
      .describe(
        'Roles that also lose their login, in every database of the server: needed for superusers, whom no revoked right keeps out.',
      ),
    quiet: Duration.default('5s').describe('How long no session may be there and nothing be committed. At most 60s.'),
    force: z
      .strictObject({ reason: Sentence })
      .optional()
      .describe('Act although another rollback has fenced the database. The reason is recorded.'),
  })
  .meta({
    id: 'PostgresFenceStep',
    title: 'Fence of a PostgreSQL database',
    description:
      'Revokes the right to connect, ends the sessions, proves that nothing is committed any more; reversed, gives back exactly what was taken.',
  })
export type PostgresFenceStep = z.infer<typeof PostgresFenceStep>

export const postgresFenceKind = defineKind({
  schema: PostgresFenceStep,
  connection: 'database',
  inherits: ['database'],
  leaves: ['fencedAt'],
  title: ({ database, to }) => `fence of ${database ?? 'the database'} → ${to}`,
})
