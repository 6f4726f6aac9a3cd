import { createHash } from 'node:crypto'
import { canonical } from '../../model/canonical.ts'

/**
 * The revision of a runbook: sha256 of the canonical JSON of what was written, as 64 hex digits. Layout, order of keys and
 * comments don't count, and neither do defaults, so that a newer version of Unwind gives the same revision.
 */
export function revisionOf(written: unknown): string {
  return createHash('sha256').update(canonical(written)).digest('hex')
}
