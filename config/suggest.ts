import type { z } from 'zod'

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

/** A key that is not known speaks against an alternative as much as one that is missing; what lies deeper speaks for it. */
function weight(issue: z.core.$ZodIssue): number {
  if (issue.code === 'unrecognized_keys') return 2 * issue.keys.length
  if (issue.path.length > 1) return 0.1
  return issue.code === 'invalid_union' && issue.errors.length > 0 ? 0.1 : 2
}

/** The known word that is nearest to a mistyped one, at most a third of its letters away; undefined when none is. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const ranked = known.map((candidate) => ({ candidate, distance: distance(word, candidate) }))
  ranked.sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best && best.distance <= limit ? best.candidate : undefined
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

/** Damerau–Levenshtein (optimal string alignment): swapped neighbours count once, as typing errors do. */
function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? 0
}
