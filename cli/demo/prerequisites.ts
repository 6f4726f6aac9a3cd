import { catalogue, type Tool, type ToolName } from '../../tools/catalogue.ts'
import { atLeast } from '../../tools/find/build.ts'
import { cachedBinary, isExecutable } from '../../tools/find/cache.ts'
import { findOnPath } from '../../tools/find/path.ts'
import { run } from '../../tools/run.ts'
import { CommandError, EXIT } from '../exit.ts'

const NODE = '20.19.0'

/** Throws, saying what to install, when this Node is too old. */
export function requireNode(version = process.versions.node): void {
  if (atLeast(version, NODE)) return
  throw new CommandError(
    EXIT.usage,
    `The demo needs Node ${NODE} or newer; this is ${version}. Install one from https://nodejs.org.`,
  )
}

/**
 * Which servers are neither named by a variable, nor on PATH, nor in the cache. Throws when one of them can only be
 * built and there is no Go that can: better before minutes of downloading than after.
 */
export async function missingTools(names: readonly ToolName[]): Promise<ToolName[]> {
  const looked = await Promise.all(names.map(async (name) => ((await isThere(name)) ? [] : [name])))
  const missing = looked.flat()
  const [built] = missing.flatMap((name) => {
    const { go, release, version, variable }: Tool = catalogue[name]
    return go && !release ? [{ name, version, variable, needs: go.needs }] : []
  })
  if (!built) return missing
  const { needs } = built
  const answer = await run('go', ['version'], { env: { GOTOOLCHAIN: 'local' }, within: 30_000 }).catch(() => undefined)
  const installed = /go(\d+(?:\.\d+)*)/.exec(answer?.stdout ?? '')?.[1]
  if (installed && atLeast(installed, needs)) return missing
  const here = installed ? `this is Go ${installed}` : 'there is no Go on PATH'
  throw new CommandError(
    EXIT.usage,
    `The demo builds ${built.name} ${built.version} once, which needs Go ${needs} or newer; ${here}. Install it from https://go.dev/dl, point ${built.variable} at a binary, or use a cluster of yours with --kubeconfig.`,
  )
}

async function isThere(name: ToolName): Promise<boolean> {
  const tool = catalogue[name]
  if (process.env[tool.variable]) return true
  return (await isExecutable(cachedBinary(name, tool))) || (await findOnPath(name, tool)) !== undefined
}
