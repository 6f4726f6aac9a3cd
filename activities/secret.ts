import { readFile } from 'node:fs/promises'
import { UnwindError } from '../model/errors.ts'
import type { Secret } from '../model/secret.ts'

/** The longest secret that is read, in characters. */
const LONGEST = 10_000

/** Reads a secret where it is now, so that a new one counts without a restart. Throws CONFIGURATION_INVALID, naming `what`. */
export async function readSecret(secret: Secret | undefined, what: string): Promise<string> {
  if (!secret) throw invalid(`${what} is not configured; name a variable or a file for it in unwind.yaml`)
  const place = 'env' in secret ? `the variable ${secret.env}` : secret.file
  const text = 'env' in secret ? process.env[secret.env] : await readFile(secret.file, 'utf8').catch(() => undefined)
  const value = text?.replace(/\r?\n$/, '')
  if (!value) throw invalid(`${what}: ${place} holds nothing; set it and restart the process`)
  if (value.length > LONGEST || /[\u0000-\u001f\u007f]/.test(value))
    throw invalid(`${what}: ${place} does not hold one line of text; mend it`)
  return value
}

function invalid(message: string): UnwindError {
  return new UnwindError('CONFIGURATION_INVALID', message)
}
