import { catalogue, type Tool, type ToolName } from './catalogue.ts'
import { build } from './find/build.ts'
import { cachedBinary, isExecutable, removeUnfinished } from './find/cache.ts'
import { download } from './find/download.ts'
import { install } from './find/install.ts'
import { withLock } from './find/lock.ts'
import { findOnPath } from './find/path.ts'
import { say } from './find/progress.ts'

const found = new Map<ToolName, Promise<string>>()

/**
 * The path of a server or command, at the version that `catalogue` pins. Looked for in this order: its environment
 * variable, PATH, the user's cache; otherwise downloaded from the vendor and checked against the published checksum,
 * built with Go, or installed from PyPI, and kept in the cache. Progress goes to stderr. Asked twice, it looks once.
 */
export function findBinary(name: ToolName): Promise<string> {
  const known = found.get(name)
  if (known) return known
  const search = find(name, catalogue[name])
  found.set(name, search)
  // A failure is not remembered: the reader installs what was missing and asks again.
  search.catch(() => found.delete(name))
  return search
}

/**
 * Finds several, one after the other: two Go builds at once would only take each other's processor and memory. Done
 * before anything is started, so that what a first build takes does not count as slowness of a server.
 */
export async function findBinaries(names: readonly ToolName[]): Promise<void> {
  for (const name of names) await findBinary(name)
}

/** Looks for one tool without remembering the answer. */
export async function find(name: string, tool: Tool): Promise<string> {
  return (await fromVariable(name, tool)) ?? (await findOnPath(name, tool)) ?? (await fromCache(name, tool))
}

async function fromVariable(name: string, tool: Tool): Promise<string | undefined> {
  const path = process.env[tool.variable]
  if (!path) return undefined
  if (await isExecutable(path)) return path
  throw new Error(
    `${tool.variable} names ${path}, which can't be run as ${name}. ` +
      `Point it at an executable, or unset it and ${name} ${tool.version} will be found or built.`,
  )
}

async function fromCache(name: string, tool: Tool): Promise<string> {
  const path = cachedBinary(name, tool)
  if (await isExecutable(path)) return path
  return withLock(`${path}.lock`, `${name} ${tool.version}`, async () => {
    // Whoever held the lock before may have put it there.
    if (await isExecutable(path)) return path
    await removeUnfinished(path)
    const refusal = await download(name, tool, path)
    if (refusal === undefined) return path
    if (refusal.loud) say(`${name} ${tool.version}: ${refusal.why}`)
    await (tool.pypi ? install(name, tool, tool.pypi, path) : build(name, tool, path))
    return path
  })
}
