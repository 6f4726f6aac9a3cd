import type { z } from 'zod'
import { nearest } from '../model/nearest.ts'

/**
 * Zod's messages where ours say more: an unknown key or word comes with the known one that was probably meant. Pass it
 * as `schema.safeParse(value, { error: suggest })`. Messages never repeat a value, only keys and words of the schema.
 */
export const suggest: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, shapeOf(issue.inst))
  if (issue.code === 'invalid_value') return unknownWord(issue.input, issue.values.map(String))
  if (issue.code === 'invalid_union' && issue.discriminator) return unknownKind(issue)
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'is required' : `must be of type ${issue.expected}, not ${typeOf(issue.input)}`
  return undefined
}

/** The issues of the alternative that was most probably meant: the one with the least wrong, the first of equals. */
export function meantAlternative(errors: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const ranked = errors.map((issues) => ({ issues, wrong: issues.reduce((sum, issue) => sum + weight(issue), 0) }))
  ranked.sort((a, b) => a.wrong - b.wrong)
  return ranked[0]?.issues ?? []
}

/**
 * A key that is not known speaks against an alternative as much as one that is missing, and more so that the value is not
 * of that kind at all; what lies deeper speaks for it.
 */
function weight(issue: z.core.$ZodIssue): number {
  if (issue.code === 'unrecognized_keys') return 2 * issue.keys.length
  if (issue.path.length > 1) return 0.1
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return 0.1
  return issue.path.length === 0 ? 3 : 2
}

function unknownKind({
  discriminator = '',
  options,
  input,
}: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): string {
  const kind = (input as Record<string, unknown> | undefined)?.[discriminator]
  const known = Array.isArray(options) ? options.map(String) : []
  return kind === undefined ? `is required; there is: ${known.join(', ')}` : unknownWord(kind, known)
}

function unknownKeys(keys: readonly string[], known: readonly string[]): string {
  return keys
    .slice(0, 5)
    .map((key) => unknownKey(key, known))
    .join('; ')
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = key.length <= 60 ? nearest(key, known) : undefined
  const hint = meant ? `did you mean ${meant}?` : `there is: ${known.slice(0, 20).join(', ')}`
  return `unknown key ${JSON.stringify(key.slice(0, 60))}${known.length > 0 ? `; ${hint}` : ''}`
}

function unknownWord(input: unknown, known: readonly string[]): string {
  const meant = typeof input === 'string' && input.length <= 60 ? nearest(input, known) : undefined
  const hint = meant && meant !== input ? `; did you mean ${meant}?` : ''
  return known.length === 1 ? `must be ${known[0]}${hint}` : `must be one of ${known.join(', ')}${hint}`
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function shapeOf(schema: unknown): string[] {
  const shape = (schema as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape
  return shape ? Object.keys(shape) : []
}
