import { z } from 'zod'
import { askedFields } from './origin.ts'
import { ApiPath, queriesOf, QueryName, QueryText, worthFields } from './queries.ts'

const Query = z
  .strictObject({
    query: QueryText.describe('PromQL that gives one number.'),
    samples: QueryText.optional().describe(
      'PromQL for how many requests (or other events) that number was made from. Without it, no traffic can look healthy.',
    ),
    minSamples: worthFields.minSamples,
    seen: QueryText.optional().describe(
      'PromQL for the Unix time of the newest sample: max(timestamp(some_series)). Older than maxAge proves nothing.',
    ),
    maxAge: worthFields.maxAge,
    window: worthFields.window,
  })
  .meta({ id: 'PrometheusQuery' })
export type PrometheusQuery = z.infer<typeof Query>

export const PrometheusConnection = z.strictObject({
  kind: z.literal('prometheus'),
  ...askedFields,
  path: ApiPath.optional().describe('What stands before /api/v1 there, such as /prometheus.'),
  queries: queriesOf(Query),
  traffic: QueryName.optional().describe(
    'The query that gives requests a second; every plan of a service in the environment says what it serves now.',
  ),
})
export type PrometheusConnection = z.infer<typeof PrometheusConnection>

/** The texts of a query that variables may stand in. */
export function textsOf({ query, samples = '', seen = '' }: PrometheusQuery): string[] {
  return [query, samples, seen]
}
