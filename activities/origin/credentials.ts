import { open } from 'node:fs/promises'
import type { Credentials } from '../../model/connections/credentials.ts'
import { UnwindError } from '../../model/errors.ts'

/** Tokens are short; whatever is longer is another file. */
const LONGEST = 16_384

/**
 * The header that says who asks, from the files that the worker's configuration names. They are read at each use, so that
 * a rotated token counts at once. A token is a bearer's unless another header is named for it. Throws CONFIGURATION_INVALID, which names the file and never what is in it.
 */
export async function authorization(
  { tokenFile, user, passwordFile }: Credentials = {},
  name: string,
  tokenHeader = 'authorization',
): Promise<Record<string, string>> {
  if (tokenFile !== undefined) {
    const token = await secretOf(tokenFile, name)
    return { [tokenHeader]: tokenHeader === 'authorization' ? `Bearer ${token}` : token }
  }
  if (user === undefined && passwordFile === undefined) return {}
  if (user === undefined || passwordFile === undefined)
    throw new UnwindError('CONFIGURATION_INVALID', `worker.credentials.${name} needs user and passwordFile together`)
  const pair = Buffer.from(`${user}:${await secretOf(passwordFile, name)}`)
  return { authorization: `Basic ${pair.toString('base64')}` }
}

async function secretOf(path: string, name: string): Promise<string> {
  const wrong = (why: string) =>
    new UnwindError('CONFIGURATION_INVALID', `worker.credentials.${name}: ${path} ${why}; correct it on this worker`)
  const file = await open(path).catch(() => {
    throw wrong('cannot be read')
  })
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LONGEST + 1), 0, LONGEST + 1, 0).catch(() => {
      throw wrong('cannot be read')
    })
    const text = buffer.subarray(0, bytesRead).toString('utf8').trim()
    if (bytesRead > LONGEST || !/^[\u0021-\u007e]+$/.test(text)) throw wrong('holds no token on one line')
    return text
  } finally {
    await file.close()
  }
}
