import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tool } from '../catalogue.ts'
import { run } from '../run.ts'
import { unfinished } from './cache.ts'
import { progress } from './progress.ts'

/**
 * Builds a tool with Go, from the pinned modules of `tools/<module>/go.mod`, and puts it at `path` once it is whole.
 * Throws, naming what to install, if there is no Go or it is too old.
 */
export async function build(name: string, tool: Tool, path: string): Promise<void> {
  const { go } = tool
  if (!go) throw new Error(`${name} is not built with Go`)
  await requireGo(name, tool, go)
  const output = unfinished(path)
  const done = progress(`building ${name} ${tool.version} with Go (minutes the first time)`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await run('go', buildArguments(go, output), {
      cwd: join(fileURLToPath(new URL('..', import.meta.url)), go.module),
      env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
      within: 30 * 60_000,
    })
    await rename(output, path)
    done('built')
  } catch (error) {
    done('failed')
    throw new Error(
      `could not build ${name} ${tool.version}. Mend what Go says below, or point ${tool.variable} at a binary.`,
      { cause: error },
    )
  } finally {
    await rm(output, { force: true })
  }
}

type Go = NonNullable<Tool['go']>

function buildArguments(go: Go, output: string): string[] {
  const flags = ['-s', '-w', ...go.stamps.flatMap((stamp) => ['-X', stamp])].join(' ')
  return ['build', '-trimpath', '-buildvcs=false', '-ldflags', flags, '-o', output, go.package]
}

async function requireGo(name: string, { version, variable }: Tool, go: Go): Promise<void> {
  const wanted = `${name} ${version} is not on PATH or in the cache, and building it needs Go ${go.needs} or newer`
  const remedy = `Install it from https://go.dev/dl, or point ${variable} at a binary of ${name} ${version}.`
  // GOTOOLCHAIN=local: Go would otherwise fetch another Go, which is nothing to do unasked.
  const answer = await run('go', ['version'], { env: { GOTOOLCHAIN: 'local' }, within: 30_000 }).catch(() => undefined)
  if (!answer) throw new Error(`${wanted}; there is no Go on PATH. ${remedy}`)
  const installed = /go(\d+(?:\.\d+)*)/.exec(answer.stdout)?.[1]
  if (!installed || !atLeast(installed, go.needs)) {
    throw new Error(`${wanted}; here is ${answer.stdout.trim()}. ${remedy}`)
  }
}

/** Whether a version of Go is that one or a later one. */
export function atLeast(installed: string, needed: string): boolean {
  const have = installed.split('.').map(Number)
  for (const [place, wanted] of needed.split('.').map(Number).entries()) {
    const difference = (have[place] ?? 0) - wanted
    if (difference !== 0) return difference > 0
  }
  return true
}
