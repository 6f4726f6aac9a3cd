import { createHash } from 'node:crypto'
import { canonical } from '../model/canonical.ts'

/** sha256 of a text, as 64 hex digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** sha256 of a value's canonical JSON: the same for any order of keys and any layout. */
export function digestOf(value: unknown): string {
  return sha256(canonical(value))
}
