import { z } from 'zod'

/** Where a process finds a secret: a variable of its environment, or a file that it alone can read. Never the secret itself. */
export const Secret = z
  .union([
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'write the name of a variable')
        .describe('Variable.'),
    }),
    z.strictObject({ file: z.string().min(1).max(1_000).describe('Path; a line break at its end does not count.') }),
  ])
  .meta({ id: 'Secret', description: 'Where the secret is found: never the secret itself.' })
export type Secret = z.infer<typeof Secret>
