import { z } from 'zod'
import { nearest } from '../nearest.ts'
import { Duration } from '../step.ts'

/** What a query may leave open, in the braces of runbooks: `{{ service }}`. */
const QUERY_VARIABLES = ['service', 'environment', 'version', 'window'] as const
export type QueryVariable = (typeof QUERY_VARIABLES)[number]

/** Names of queries, as checks and triggers write them. */
export const QueryName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'use lower case letters, digits and underscores, beginning with a letter')

const VARIABLE = /\{\{\s*(\w+)\s*\}\}/g

/** A query as its system takes it, with variables and no other double braces. */
export const QueryText = z
  .string()
  .trim()
  .min(1)
  .max(2_000)
  .refine(hasOnlyVariables, `write {{ ${QUERY_VARIABLES.join(' }}, {{ ')} }}, and nothing else in double braces`)

/** Whether every pair of double braces holds a variable. */
export function hasOnlyVariables(text: string): boolean {
  return !text.replaceAll(VARIABLE, (whole, name: string) => (isVariable(name) ? '' : whole)).includes('{{')
}

/** What says how much the number of a query is worth, whatever system gives it. */
export const worthFields = {
  minSamples: z.number().positive().max(1e12).default(1).describe('Fewer prove nothing.'),
  maxAge: Duration.default('2m').describe('Samples and answers that are older prove nothing.'),
  window: Duration.default('1m').describe('What {{ window }} stands for, unless the check says otherwise.'),
} as const

/** The queries of a connection, by name. */
export function queriesOf<Query extends z.ZodType>(query: Query) {
  return z
    .record(QueryName, query)
    .refine((queries) => Object.keys(queries).length <= 100, 'at most 100 are allowed')
    .describe(
      'By the names that runbooks use. Variables: {{ service }}, {{ environment }}, {{ version }}, {{ window }}.',
    )
}

/** Where the API of a system stands below its origin. */
export const ApiPath = z
  .string()
  .regex(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){1,5}$/, 'write /a/b, without a slash at its end')

/** The variables that texts name. */
export function variablesOf(texts: readonly string[]): Set<string> {
  return new Set([...texts.join('\n').matchAll(VARIABLE)].map(([, name = '']) => name))
}

/** A query with its variables filled in; one that has no value is left as it is. */
export function filledQuery(text: string, values: Readonly<Partial<Record<QueryVariable, string>>>): string {
  return text.replaceAll(VARIABLE, (whole, name: string) => (isVariable(name) ? (values[name] ?? whole) : whole))
}

/** Why a measurement can't ask for this query; undefined when it can. `texts`: of the query that has the name. */
export function whyNoQuery<Query>(
  name: string,
  version: string | undefined,
  queries: Readonly<Record<string, Query>>,
  texts: (query: Query) => readonly string[],
): string | undefined {
  const query = Object.hasOwn(queries, name) ? queries[name] : undefined
  if (!query) {
    const [meant, known] = [nearest(name, Object.keys(queries)), Object.keys(queries).slice(0, 20).join(', ')]
    return `there is no query ${name}; ${meant ? `did you mean ${meant}?` : `there is: ${known || 'none'}`}`
  }
  if (version !== undefined || !variablesOf(texts(query)).has('version')) return undefined
  return `the query ${name} asks for {{ version }}; say version`
}

function isVariable(name: string): name is QueryVariable {
  return QUERY_VARIABLES.some((known) => known === name)
}
