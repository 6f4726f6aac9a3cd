import { z } from 'zod'
import { type PrometheusConnection, QueryName, variablesIn } from '../../../model/connections/prometheus.ts'
import { defineMeasurement } from '../../../model/measurement.ts'
import { nearest } from '../../../model/nearest.ts'
import { Duration, Name } from '../../../model/step.ts'
import { thresholds } from '../../../model/threshold.ts'

const Bound = z
  .union([
    z.number(),
    z.string().regex(/^-?\d{1,12}(\.\d{1,12})?\s?(%|ms|s|m|h|d)?$/, 'write a number, a percentage or a duration'),
  ])
  .describe('A number, a percentage (1%) or a duration (500ms), which is compared in seconds.')

const BOUNDS = ['above', 'below', 'atLeast', 'atMost'] as const

export const PrometheusMeasurement = z
  .strictObject({
    prometheus: QueryName.describe('A query by the name that the connection has for it.'),
    above: Bound.optional(),
    below: Bound.optional(),
    atLeast: Bound.optional(),
    atMost: Bound.optional(),
    window: Duration.optional().describe('What {{ window }} stands for. Default: that of the query.'),
    version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/, 'use letters, digits, dots, dashes, plus and underscores')
      .optional()
      .describe('What {{ version }} stands for.'),
    server: Name.optional().describe('The connection of kind prometheus. Default: the only one of the environment.'),
    timeout: Duration.default('10s').describe('An answer that is not there by then is no measurement. At most 30s.'),
  })
  .refine(
    (measurement) => BOUNDS.some((bound) => measurement[bound] !== undefined),
    `state a bound: ${BOUNDS.join(', ')}`,
  )
  .meta({
    id: 'PrometheusMeasurement',
    title: 'Prometheus query',
    description: 'Asks a Prometheus (or what speaks its API) a configured query and compares the number that it gives.',
  })
export type PrometheusMeasurement = z.infer<typeof PrometheusMeasurement>

export const prometheusKind = defineMeasurement({
  schema: PrometheusMeasurement,
  connection: { kind: 'prometheus', field: 'server' },
  // Its bound is what is looked out for: { prometheus: latency_p99, above: 5s }.
  trigger: () => 'holds',
  title: (measurement) => {
    const { prometheus, version } = measurement
    const bounds = BOUNDS.flatMap((bound) => (measurement[bound] === undefined ? [] : [word(bound, measurement)]))
    return `${prometheus}${version === undefined ? '' : ` of ${version}`} is ${bounds.join(' and ')}`
  },
  refuses: ({ prometheus, version }, connection) => {
    const { queries } = connection as PrometheusConnection
    const query = Object.hasOwn(queries, prometheus) ? queries[prometheus] : undefined
    if (!query) {
      const [meant, known] = [nearest(prometheus, Object.keys(queries)), Object.keys(queries).slice(0, 20).join(', ')]
      return `there is no query ${prometheus}; ${meant ? `did you mean ${meant}?` : `there is: ${known || 'none'}`}`
    }
    if (version !== undefined || !variablesIn(query).has('version')) return undefined
    return `the query ${prometheus} asks for {{ version }}; say version`
  },
})

function word(bound: (typeof BOUNDS)[number], measurement: PrometheusMeasurement): string {
  const [written] = thresholdsOrText({ [bound]: measurement[bound] })
  return written ?? bound
}

/** A title is drawn before parameters are filled in, so a bound may still be a template. */
function thresholdsOrText(fields: Record<string, unknown>): string[] {
  try {
    return thresholds(fields).map(({ text }) => text)
  } catch {
    return Object.entries(fields).map(([bound, value]) => `${bound} ${String(value)}`)
  }
}
