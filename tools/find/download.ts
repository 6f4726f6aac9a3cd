import { createHash } from 'node:crypto'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Asset, Tool } from '../catalogue.ts'
import { unfinished } from './cache.ts'
import { platform } from './platform.ts'
import { progress } from './progress.ts'
import { memberOf } from './tar.ts'

/** Why nothing was downloaded; `loud` if the reader should know, as opposed to a vendor that can't be reached. */
export interface Refusal {
  why: string
  loud: boolean
}

const toConnect = 2000
const toFinish = 10 * 60_000

/**
 * Downloads the vendor's binary to `path`, if its SHA-256 is the published one. Otherwise keeps nothing and answers
 * why. A vendor that has not answered after 2 s counts as out of reach.
 */
export async function download(name: string, tool: Tool, path: string): Promise<Refusal | undefined> {
  const here = platform()
  const asset = here && tool.release?.asset(here)
  if (!tool.release || !asset) return { why: 'no checked download is published for this platform', loud: false }
  const base = process.env[tool.release.baseVariable] || tool.release.base
  const expected = await publishedChecksum(`${base}/${asset.checksums}`, asset)
  if (typeof expected !== 'string') return expected
  const done = progress(`downloading ${name} ${tool.version}`)
  try {
    const bytes = await fetchBytes(`${base}/${asset.file}`, toFinish)
    const actual = createHash('sha256').update(bytes).digest('hex')
    if (actual !== expected) throw new Error(`its SHA-256 is ${actual}, published is ${expected}: not kept`)
    await keep(asset.member === undefined ? bytes : memberOf(gunzipSync(bytes), asset.member), path)
    done('kept')
    return undefined
  } catch (error) {
    done('failed')
    return { why: `download from ${base} refused: ${reason(error)}`, loud: true }
  }
}

async function publishedChecksum(url: string, asset: Asset): Promise<string | Refusal> {
  let text: string
  try {
    text = (await fetchBytes(url, 30_000)).toString('utf8')
  } catch (error) {
    if (error instanceof HttpError) return { why: `no checksum at ${url}: ${error.message}`, loud: true }
    return { why: `${url} can't be reached: ${reason(error)}`, loud: false }
  }
  const file = asset.file.split('/').at(-1)
  const lines = text.split('\n').map((line) => line.trim().split(/\s+\*?/))
  // Either a list of checksums with file names, or one checksum alone.
  const line = lines.find(([, listed]) => listed === file) ?? lines.find((words) => words.length === 1 && words[0])
  const checksum = line?.[0]?.toLowerCase() ?? ''
  return /^[0-9a-f]{64}$/.test(checksum) ? checksum : { why: `${url} holds no SHA-256 of ${file}`, loud: true }
}

async function fetchBytes(url: string, within: number): Promise<Buffer> {
  const connecting = new AbortController()
  const timer = setTimeout(() => connecting.abort(new Error(`no answer within ${toConnect / 1000} s`)), toConnect)
  try {
    const signal = AbortSignal.any([connecting.signal, AbortSignal.timeout(within)])
    const response = await fetch(url, { signal })
    clearTimeout(timer)
    if (!response.ok) throw new HttpError(`HTTP ${response.status}`)
    return Buffer.from(await response.arrayBuffer())
  } finally {
    clearTimeout(timer)
  }
}

async function keep(bytes: Buffer, path: string): Promise<void> {
  const part = unfinished(path)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(part, bytes)
    await chmod(part, 0o755)
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
}

function reason(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}

class HttpError extends Error {}
