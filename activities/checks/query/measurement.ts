import { z } from 'zod'
import { Duration, Name } from '../../../model/step.ts'
import { thresholds } from '../../../model/threshold.ts'

const Bound = z
  .union([
    z.number(),
    z.string().regex(/^-?\d{1,12}(\.\d{1,12})?\s?(%|ms|s|m|h|d)?$/, 'write a number, a percentage or a duration'),
  ])
  .describe('A number, a percentage (1%) or a duration (500ms), which is compared in seconds.')

const BOUNDS = ['above', 'below', 'atLeast', 'atMost'] as const
type Bounds = Partial<Record<(typeof BOUNDS)[number], z.infer<typeof Bound> | undefined>>

/** What a measurement by a named query says beside the name, whatever system is asked. */
export const queryFields = {
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
  timeout: Duration.default('10s').describe('An answer that is not there by then is no measurement. At most 30s.'),
} as const

/** The field that names the connection. */
export const serverField = (kind: string) =>
  Name.optional().describe(`The connection of kind ${kind}. Default: the only one of the environment.`)

export const STATE_A_BOUND = `state a bound: ${BOUNDS.join(', ')}`

export function hasBound(measurement: Bounds): boolean {
  return BOUNDS.some((bound) => measurement[bound] !== undefined)
}

/** `error_rate of v1.8 is below 1%`. */
export function queryTitle(query: string, measurement: Bounds & { version?: string | undefined }): string {
  const bounds = BOUNDS.flatMap((bound) => (measurement[bound] === undefined ? [] : [word(bound, measurement)]))
  const { version } = measurement
  return `${query}${version === undefined ? '' : ` of ${version}`} is ${bounds.join(' and ')}`
}

function word(bound: (typeof BOUNDS)[number], measurement: Bounds): string {
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
