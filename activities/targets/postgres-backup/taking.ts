import { createHash } from 'node:crypto'
import { Transform, Writable } from 'node:stream'
import { UnwindError } from '../../../model/errors.ts'
import type { Dumping } from './programs.ts'
import type { Measured } from './shelf.ts'

/** Passes bytes on, counts and hashes them, and ends with TARGET_REJECTED beyond `atMost`. */
export class Counting extends Transform {
  readonly #hash = createHash('sha256')
  #bytes = 0

  constructor(atMost = Number.POSITIVE_INFINITY) {
    super({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#bytes += chunk.length
        this.#hash.update(chunk)
        done(this.#bytes > atMost ? tooLarge(atMost) : null, chunk)
      },
    })
  }

  /** Of all that has passed; once. */
  measured(): Measured {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }
}

function tooLarge(atMost: number): UnwindError {
  return new UnwindError(
    'TARGET_REJECTED',
    `the backup is larger than ${atMost} bytes and was given up; raise atMost of the step`,
  )
}

/** What pg_dump says is nearer to the cause than a pipe that broke. */
export async function causeOf(error: unknown, { ended }: Dumping): Promise<unknown> {
  if (error instanceof UnwindError) return error
  return ended.then(
    () => error,
    (told: unknown) => (told instanceof UnwindError ? told : error),
  )
}

/** Takes bytes and keeps none. */
export function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
