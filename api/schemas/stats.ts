import { z } from 'zod'
import { OUTCOMES } from '../../model/run.ts'
import type { Stats } from '../../model/stats/stats.ts'
import type { RunSummary } from '../../model/stats/summary.ts'
import { Name } from '../../model/step.ts'

const Ms = z.number().describe('Milliseconds.')

/** One run in the archive, as a line. */
export const Summary = z.object({
  format: z.literal(1),
  runId: z.string(),
  service: z.string(),
  environment: z.string(),
  startedAt: z.string(),
  outcome: z.enum(OUTCOMES),
  runbook: z.string().exactOptional(),
  decide: z.number().exactOptional(),
  mitigate: z.number().exactOptional(),
  recover: z.number().exactOptional(),
}) satisfies z.ZodType<RunSummary>

export const StatsQuery = z.strictObject({
  environment: Name.optional(),
  service: Name.optional(),
  weeks: z.coerce.number().int().min(1).max(53).default(12).describe('How many weeks back, the running one included.'),
})
export type StatsQuery = z.infer<typeof StatsQuery>

const Spread = z
  .object({ runs: z.number().describe('Runs that came so far.'), median: Ms, p90: Ms })
  .meta({ id: 'Spread' })

const figures = {
  runs: z.number(),
  outcomes: z.partialRecord(z.enum(OUTCOMES), z.number()),
  decide: Spread.exactOptional(),
  mitigate: Spread.exactOptional(),
  recover: Spread.exactOptional(),
} as const

export const StatsDocument = z
  .object({
    since: z.string().describe('UTC; a Monday.'),
    until: z.string(),
    truncated: z.boolean().describe('More runs were kept than are read for one answer; the latest 2,000 count.'),
    all: z.object(figures),
    services: z.array(z.object({ environment: z.string(), service: z.string(), ...figures })),
    weeks: z.array(z.object({ week: z.string().describe('Its Monday.'), ...figures })),
  })
  .meta({
    id: 'Stats',
    description: 'Times to decide, mitigate and recover, since the alert where it is known, else since the start.',
  }) satisfies z.ZodType<Stats>
export type StatsDocument = z.infer<typeof StatsDocument>
