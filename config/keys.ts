import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UnwindError } from '../model/errors.ts'

/** Paths of a key pair: the private one is the API's alone, the public one is the workers'. */
export interface KeyPaths {
  signingKey: string
  verifyKey: string
}

/**
 * The Ed25519 pair with which the API signs who asked: `signing.pem` (PKCS 8, 0600) and `verify.pem` (SPKI, 0644) in
 * `folder`. A pair that is there is kept; a missing public half is made again from the private one.
 */
export async function generateKeys(folder: string): Promise<KeyPaths> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const paths = { signingKey: join(folder, 'signing.pem'), verifyKey: join(folder, 'verify.pem') }
  const { privateKey } = generateKeyPairSync('ed25519')
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' })
  // Exclusive: of two processes that start together one writes the key and both read the same one.
  await writeFile(paths.signingKey, text, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const publicKey = createPublicKey(await readSigningKey(paths.signingKey))
  await writeFile(paths.verifyKey, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644 })
  return paths
}

/** The private key of a PEM file. Throws CONFIGURATION_INVALID, which names the file and nothing of what it holds. */
export async function readSigningKey(path: string): Promise<KeyObject> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(path, `cannot be read (${error.code ?? 'unknown'})`)
  })
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // The parser's message may quote the text, and the text may be a secret: ours says enough.
  }
  throw invalid(path, 'does not hold the Ed25519 private key that is expected here')
}

/** The text of a file that holds a secret. Throws CONFIGURATION_INVALID, which names the file and nothing of what it holds. */
export async function readSecret(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UnwindError('CONFIGURATION_INVALID', `${path} cannot be read (${error.code ?? 'unknown'})`)
  })
  const secret = text.trim()
  if (secret.length >= 16) return secret
  throw new UnwindError('CONFIGURATION_INVALID', `${path} holds a secret of less than 16 characters; make a longer one`)
}

function invalid(path: string, why: string): UnwindError {
  return new UnwindError('CONFIGURATION_INVALID', `${path} ${why}; make a pair with \`unwind setup --keys\``)
}
