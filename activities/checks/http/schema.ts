import { z } from 'zod'
import { defineMeasurement } from '../../../model/measurement.ts'
import { Duration, Name } from '../../../model/step.ts'

const Status = z.int().min(200).max(599)

export const HttpMeasurement = z
  .strictObject({
    http: Name.describe('The connection of kind http: its origin is the only place that is asked.'),
    path: z
      .string()
      .max(1_000)
      .regex(/^\/(?![/\\])[\u0021-\u005b\u005d-\u007e]*$/, 'begin with one slash; write other characters %-encoded')
      .default('/')
      .describe('Path and query below the origin.'),
    status: z
      .union([Status, z.array(Status).min(1).max(10)])
      .default(200)
      .describe('The status that passes, or several. Redirects are not followed.'),
    contains: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Text that the first 64 KiB of the answer must contain. Case counts.'),
    below: Duration.optional().describe('The headers of the answer must come in less time.'),
    timeout: Duration.default('5s').describe('An answer that is not complete by then fails. At most 30s.'),
  })
  .meta({
    id: 'HttpMeasurement',
    title: 'HTTP request',
    description: 'Sends one GET to a configured origin and looks at status, text and time.',
  })
export type HttpMeasurement = z.infer<typeof HttpMeasurement>

export const httpKind = defineMeasurement({
  schema: HttpMeasurement,
  connection: { kind: 'http', field: 'http' },
  title: ({ http, path, status, contains, below }) =>
    [
      `GET ${http} ${path.split('?')[0]} is ${[status].flat().join(' or ')}`,
      ...(contains === undefined ? [] : [`with ${JSON.stringify(contains)}`]),
      ...(below === undefined ? [] : [`in less than ${below}`]),
    ].join(' '),
})
