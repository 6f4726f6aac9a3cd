import { z } from 'zod'
import { askedFields } from './origin.ts'
import { ApiPath, hasOnlyVariables, queriesOf, QueryText, worthFields } from './queries.ts'

/** A query as its data source has it, such as { rawSql: …, format: table }. */
const Model = z
  .record(z.string().min(1).max(100), z.json())
  .refine((model) => JSON.stringify(model).length <= 4_000, 'at most 4000 characters are allowed')
  .refine(
    (model) => ['refId', 'datasource'].every((own) => !Object.hasOwn(model, own)),
    'leave out refId and datasource',
  )
  .refine(
    (model) => hasOnlyVariables(JSON.stringify(model)),
    'write {{ service }}, {{ environment }}, {{ version }}, {{ window }}, and nothing else in double braces',
  )

const Asked = z.union([QueryText, Model])
export type GrafanaAsked = z.infer<typeof Asked>

const Query = z
  .strictObject({
    datasource: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,40}$/, 'write the uid of the data source, as its address in Grafana shows it')
      .describe('uid of the data source.'),
    query: Asked.describe(
      'What gives one number. A text is sent as expr and evaluated once (Prometheus, Mimir, Loki); an object is the query as the data source has it.',
    ),
    samples: Asked.optional().describe(
      'Likewise, how many requests (or other events) that number was made from. Without it, no traffic can look healthy.',
    ),
    minSamples: worthFields.minSamples,
    seen: Asked.optional().describe(
      'Likewise, the Unix time of the newest sample: max(timestamp(some_series)). Older than maxAge proves nothing.',
    ),
    maxAge: worthFields.maxAge,
    window: worthFields.window,
  })
  .meta({ id: 'GrafanaQuery' })
export type GrafanaQuery = z.infer<typeof Query>

export const GrafanaConnection = z.strictObject({
  kind: z.literal('grafana'),
  ...askedFields,
  path: ApiPath.optional().describe('What stands before /api there, such as /grafana.'),
  queries: queriesOf(Query),
})
export type GrafanaConnection = z.infer<typeof GrafanaConnection>

/** The texts of a query that variables may stand in. */
export function textsOf({ query, samples = '', seen = '' }: GrafanaQuery): string[] {
  return [query, samples, seen].map((asked) => (typeof asked === 'string' ? asked : JSON.stringify(asked)))
}
