import { z } from 'zod'

/** What a step of versioned configuration goes back to. */
export const VersionTo = z
  .union([
    z
      .int()
      .positive()
      .max(2 ** 31),
    z
      .string()
      .min(1)
      .max(128)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._+/-]*$/, 'write previous, last-good, a version number, a label or a release'),
  ])
  .describe(
    'previous (another content than now), last-good (what the last good release was deployed with), a version number, a label, or a release of the ledger.',
  )
