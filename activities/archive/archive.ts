import { UnwindError } from '../../model/errors.ts'

/** What outlives Temporal's retention: reports, redacted diffs, evidence, break-glass scripts. */
export interface Archive {
  /** Keeps bytes under a key and answers where, for people. Whole or not at all; the same key again replaces. */
  put(key: string, bytes: Uint8Array, contentType: string): Promise<{ location: string }>
  /** What is kept under the key, or undefined. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Keys below a prefix (empty, or ending in `/`) in byte order, behind `after`; at most `limit`, up to 1000. */
  list(prefix: string, limit: number, after?: string): Promise<string[]>
  /** Where a key lies, for people, whether or not something is kept there. */
  locate(key: string): string
}

/** The most that one key holds, in bytes. */
export const OBJECT_LIMIT = 16 * 1_024 * 1_024
/** The most keys that one list answers; S3 answers no more either. */
export const LIST_LIMIT = 1_000

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/
const KEY_LENGTH = 900

/** Throws INVALID_REQUEST unless the key is made of plain segments: no `..`, nothing hidden, nothing to encode. */
export function checkKey(key: string): void {
  if (key.length <= KEY_LENGTH && key.split('/').every((segment) => SEGMENT.test(segment))) return
  throw new UnwindError(
    'INVALID_REQUEST',
    `${JSON.stringify(key.slice(0, 200))} is no key of the archive; use segments of letters, digits, dots and dashes, joined by /`,
  )
}

/** Throws INVALID_REQUEST unless the prefix is empty or a key with a `/` behind it. */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return
  if (prefix.endsWith('/')) return checkKey(prefix.slice(0, -1))
  throw new UnwindError('INVALID_REQUEST', `${JSON.stringify(prefix.slice(0, 200))} is no prefix: it must end in /`)
}

/** Throws INVALID_REQUEST for more than the archive keeps under one key. */
export function checkSize(key: string, bytes: number): void {
  if (bytes <= OBJECT_LIMIT) return
  throw new UnwindError(
    'INVALID_REQUEST',
    `${key} is ${bytes} bytes; the archive keeps at most ${OBJECT_LIMIT} per key`,
  )
}
