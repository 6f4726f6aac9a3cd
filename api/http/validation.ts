import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { meantIssues, writtenPath } from '../../config/document.ts'
import { suggest } from '../../config/suggest.ts'
import { UnwindError } from '../../model/errors.ts'

const FAULTS_LIMIT = 20

/** Reads a part of a request by its zod schema; the fault names the part, each path, and what was probably meant. */
export const validator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (input: unknown) => {
    const parsed = schema.safeParse(input ?? undefined, { error: suggest })
    return parsed.success
      ? { value: parsed.data }
      : { error: invalid(parsed.error, PARTS[httpPart ?? ''] ?? 'request') }
  }
}

const PARTS: Record<string, string> = { body: 'body', querystring: 'query', params: 'path', headers: 'headers' }

function invalid(error: z.ZodError, part: string): UnwindError {
  const issues = meantIssues(error)
  const faults = issues
    .slice(0, FAULTS_LIMIT)
    .map(({ path, message }) => ({ path: writtenPath([part, ...path]), message }))
  const first = faults[0]
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return new UnwindError('INVALID_REQUEST', `${first?.path ?? part}: ${first?.message ?? 'is not valid'}${more}`, {
    errors: faults,
  })
}
