import { z } from 'zod'
import { errors } from '../../model/errors.ts'
import { ErrorCodes } from './record.ts'

/** RFC 9457 with our members: `code` of the closed table, whether repeating helps, and each fault of the input. */
export const ProblemDocument = z
  .object({
    type: z.string().describe('urn:unwind:problem:<code>'),
    title: z.string(),
    status: z.int(),
    code: ErrorCodes,
    detail: z.string().describe('What, which, and what to do next.'),
    instance: z.string().describe('urn:uuid:<id of the request>, as in the log and in the header x-request-id.'),
    retryable: z.boolean().describe('Whether trying again without a change can help.'),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .exactOptional()
      .describe('Each fault of the input.'),
    facts: z.record(z.string(), z.unknown()).exactOptional(),
  })
  .meta({ id: 'Problem' })
export type ProblemDocument = z.infer<typeof ProblemDocument>

/** The problem answers of an operation, for its document: every one of `statuses` and those that any route may give. */
export function problems<Status extends number>(...statuses: Status[]) {
  const all = [...statuses, 400, 401, 403, 500, 503].map((status) => [status, problem(status)])
  return Object.fromEntries(all) as Record<Status | 400 | 401 | 403 | 500 | 503, ReturnType<typeof problem>>
}

function problem(status: number) {
  const codes = ErrorCodes.options.filter((code) => errors[code].status === status)
  return { description: codes.join(', '), content: { 'application/problem+json': { schema: ProblemDocument } } }
}
