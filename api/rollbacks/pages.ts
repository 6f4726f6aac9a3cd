import { isGrpcServiceError } from '@temporalio/client'
import { UnwindError } from '../../model/errors.ts'
import { sha256 } from '../digest.ts'

/** A page token names its filter, so that it can't be carried over to another list. */
export function closePage(token: Uint8Array, filter: string): string {
  return Buffer.concat([Buffer.from(sha256(filter).slice(0, 16)), token]).toString('base64url')
}

/** The token of Temporal in a page token; empty for the first page. Throws INVALID_REQUEST for one of another list. */
export function openPage(page: string | undefined, filter: string): Uint8Array {
  if (!page) return new Uint8Array()
  const bytes = Buffer.from(page, 'base64url')
  if (bytes.subarray(0, 16).toString() !== sha256(filter).slice(0, 16)) throw wrongPage()
  return bytes.subarray(16)
}

/** A token that Temporal refuses is the caller's fault: INVALID_REQUEST. */
export async function refusesPage<Answer>(page: string | undefined, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (page && isGrpcServiceError(error)) throw wrongPage()
    throw error
  }
}

function wrongPage(): UnwindError {
  return new UnwindError('INVALID_REQUEST', 'page is not nextPage of a list with these filters; begin again without it')
}
