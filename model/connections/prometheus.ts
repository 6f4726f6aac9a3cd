import { z } from 'zod'
import { Duration, Name } from '../step.ts'
import { Origin } from './origin.ts'

/** What a query may leave open, in the braces of runbooks: `{{ service }}`. */
export const QUERY_VARIABLES = ['service', 'environment', 'version', 'window'] as const
export type QueryVariable = (typeof QUERY_VARIABLES)[number]

/** Names of queries, as checks and triggers write them. */
export const QueryName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'use lower case letters, digits and underscores, beginning with a letter')

const VARIABLE = /\{\{\s*(\w+)\s*\}\}/g

const PromQl = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .refine(
    (text) => !text.replaceAll(VARIABLE, (whole, name) => (isVariable(name) ? '' : whole)).includes('{{'),
    `write {{ ${QUERY_VARIABLES.join(' }}, {{ ')} }}, and nothing else in double braces`,
  )

const Query = z
  .strictObject({
    query: PromQl.describe('PromQL that gives one number.'),
    samples: PromQl.optional().describe(
      'PromQL for how many requests (or other events) that number was made from. Without it, no traffic can look healthy.',
    ),
    minSamples: z.number().positive().max(1e12).default(1).describe('Fewer prove nothing.'),
    seen: PromQl.optional().describe(
      'PromQL for the Unix time of the newest sample: max(timestamp(some_series)). Older than maxAge proves nothing.',
    ),
    maxAge: Duration.default('2m').describe('Samples and answers that are older prove nothing.'),
    window: Duration.default('1m').describe('What {{ window }} stands for, unless the check says otherwise.'),
  })
  .meta({ id: 'PrometheusQuery' })
export type PrometheusQuery = z.infer<typeof Query>

export const PrometheusConnection = z.strictObject({
  kind: z.literal('prometheus'),
  environment: Name,
  origin: Origin.describe('The only place that is asked: scheme, host and port.'),
  path: z
    .string()
    .regex(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){1,5}$/, 'write /a/b, without a slash at its end')
    .optional()
    .describe('What stands before /api/v1 there, such as /prometheus.'),
  private: z
    .boolean()
    .default(false)
    .describe('The host may lie in a private network or on this machine. Link-local addresses are never asked.'),
  queries: z
    .record(QueryName, Query)
    .refine((queries) => Object.keys(queries).length <= 100, 'at most 100 are allowed')
    .describe(
      'By the names that runbooks use. Variables: {{ service }}, {{ environment }}, {{ version }}, {{ window }}.',
    ),
  traffic: QueryName.optional().describe(
    'The query that gives requests a second; every plan of a service in the environment says what it serves now.',
  ),
  taskQueue: Name.optional().describe('Queue of the workers that can reach it. Default: the common queue.'),
})
export type PrometheusConnection = z.infer<typeof PrometheusConnection>

/** The variables that a query names. */
export function variablesIn({ query, samples = '', seen = '' }: PrometheusQuery): Set<string> {
  return new Set([...`${query}\n${samples}\n${seen}`.matchAll(VARIABLE)].map(([, name = '']) => name))
}

/** A query with its variables filled in; one that has no value is left as it is. */
export function filledQuery(text: string, values: Readonly<Partial<Record<QueryVariable, string>>>): string {
  return text.replaceAll(VARIABLE, (whole, name: string) => (isVariable(name) ? (values[name] ?? whole) : whole))
}

function isVariable(name: string): name is QueryVariable {
  return QUERY_VARIABLES.some((known) => known === name)
}
