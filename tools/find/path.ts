import { delimiter, join } from 'node:path'
import type { Tool } from '../catalogue.ts'
import { run } from '../run.ts'
import { isExecutable } from './cache.ts'

/** The first binary of that name on PATH whose version will do, or undefined. */
export async function findOnPath(name: string, tool: Tool): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name)
    if ((await isExecutable(path)) && accepts(tool, await reportedVersion(path, tool))) return path
  }
  return undefined
}

/** Whether a version is one that the tool's entry accepts. */
export function accepts(tool: Pick<Tool, 'version' | 'accepts'>, version: string | undefined): boolean {
  if (version === undefined) return false
  return tool.accepts === 'exact' ? version === tool.version : minor(version) === minor(tool.version)
}

async function reportedVersion(path: string, tool: Tool): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(path, tool.report, { within: 10_000 })
    return /\bv?(\d+\.\d+\.\d+(?:-[\w.]+)?)\b/.exec(`${stdout}\n${stderr}`)?.[1]
  } catch {
    // Something else of the same name, or broken: not ours to mend, so it is passed over.
    return undefined
  }
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.')
}
