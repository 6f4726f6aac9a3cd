import { createHash } from 'node:crypto'
import type { Answer } from '../origin/ask.ts'
import { type Ask, json, manifestsOf, NotTold, type Repository } from './ask.ts'
import { DIGEST, type Reference } from './reference.ts'

/** What a registry says of an image. */
export type Finding =
  /** It is there; `proven` where it is what ran, or where a digest names it, which says the same. */
  | { is: 'there'; digest: string; proven: boolean }
  /** Another content has its tag; `kept`: what ran is still there under its digest. */
  | { is: 'moved'; digest: string; kept: boolean | undefined }
  /** The registry does not have it; `kept`: what ran is still there under its digest. */
  | { is: 'gone'; kept: boolean | undefined }
  /** It did not tell. */
  | { is: 'unknown'; why: string }

/**
 * Asks for an image. `ran` are the digests that ran under this name, as nodes and ledgers tell them: of an index, or of one
 * platform's manifest in it. Never throws for what a registry does.
 */
export async function look(image: Reference, ran: readonly string[], at: Omit<Repository, 'registry' | 'repository'>) {
  const ask = manifestsOf({ ...at, registry: image.registry, repository: image.repository })
  try {
    return await found(ask, image, ran, at.logins.length > 0)
  } catch (error) {
    if (error instanceof NotTold) return { is: 'unknown', why: error.message } as const
    throw error
  }
}

async function found(ask: Ask, image: Reference, ran: readonly string[], known: boolean): Promise<Finding> {
  const digest = await digestOf(ask, image.digest ?? image.tag, known)
  if (digest === undefined) return { is: 'gone', kept: image.digest ? undefined : await keeps(ask, ran, known) }
  if (image.digest !== undefined) return { is: 'there', digest, proven: true }
  if (ran.length === 0) return { is: 'there', digest, proven: false }
  if (ran.every((one) => one === digest)) return { is: 'there', digest, proven: true }
  const inside = await platforms(ask, digest)
  if (ran.every((one) => one === digest || inside.includes(one))) return { is: 'there', digest, proven: true }
  return { is: 'moved', digest, kept: await keeps(ask, ran, known) }
}

/** Whether the newest of what ran is still there; undefined where that can't be told. */
async function keeps(ask: Ask, [newest]: readonly string[], known: boolean): Promise<boolean | undefined> {
  if (newest === undefined) return undefined
  try {
    return (await digestOf(ask, newest, known)) !== undefined
  } catch (error) {
    if (error instanceof NotTold) return undefined
    throw error
  }
}

/** The digest of a manifest; undefined when the registry says that there is none. */
async function digestOf(ask: Ask, reference: string, known: boolean): Promise<string | undefined> {
  const head = await ask('HEAD', reference)
  if (head.status === 404) return absent(await ask('GET', reference), known)
  return headed(head) ?? computed(await ask('GET', reference))
}

function headed({ headers }: Answer): string | undefined {
  const digest = headers['docker-content-digest']
  return typeof digest === 'string' && DIGEST.test(digest) ? digest : undefined
}

/**
 * Only the registry's own word for it counts: whatever stands before it answers 404 too, and some hide a repository from who
 * may not see it (a name that is not known to an account without a login proves nothing).
 */
function absent(answer: Answer, known: boolean): string | undefined {
  if (answer.status === 200) return headed(answer) ?? computed(answer)
  const { errors } = json(answer) as { errors?: unknown }
  const codes = (Array.isArray(errors) ? errors : []).map((error) => (error as { code?: unknown } | null)?.code)
  if (codes.includes('MANIFEST_UNKNOWN') || (known && codes.includes('NAME_UNKNOWN'))) return undefined
  if (codes.includes('NAME_UNKNOWN'))
    throw new NotTold('without a login the registry does not know the repository, which may be hidden or gone')
  throw new NotTold('404, but not in the words of a registry; see what stands before it')
}

function computed({ text, truncated }: Answer): string {
  if (truncated) throw new NotTold('the registry names no digest, and the manifest is larger than is read')
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** The manifests of an index, one for each platform; none of what is no index. */
async function platforms(ask: Ask, digest: string): Promise<string[]> {
  const answer = await ask('GET', digest)
  if (answer.truncated) throw new NotTold('the index is larger than is read, so what ran can’t be looked for in it')
  const { manifests } = json(answer) as { manifests?: unknown }
  return (Array.isArray(manifests) ? manifests : [])
    .map((manifest) => (manifest as { digest?: unknown } | null)?.digest)
    .filter((one) => typeof one === 'string')
}
