import { mkdir, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tool } from '../catalogue.ts'
import { run } from '../run.ts'
import { atLeast } from './build.ts'
import { unfinished } from './cache.ts'
import { progress } from './progress.ts'

/**
 * Installs a Python tool from PyPI into a virtual environment beside `path`, from the pinned `requirements.txt` of
 * `tools/<module>`, and links its script to `path` once it is whole. Throws, naming what to install, without a Python.
 */
export async function install(
  name: string,
  tool: Tool,
  { module, script, needs }: NonNullable<Tool['pypi']>,
  path: string,
): Promise<void> {
  const python = await findPython(name, tool, needs)
  const venv = join(dirname(path), 'venv')
  const requirements = join(fileURLToPath(new URL('..', import.meta.url)), module, 'requirements.txt')
  const done = progress(`installing ${name} ${tool.version} from PyPI (half a minute the first time)`)
  const link = unfinished(path)
  try {
    await mkdir(dirname(path), { recursive: true })
    await run(python, ['-m', 'venv', '--clear', venv], { within: 120_000 })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', requirements]
    await run(join(venv, 'bin', 'python'), pip, { within: 10 * 60_000 })
    await symlink(join(venv, 'bin', script), link)
    await rename(link, path)
    done('installed')
  } catch (error) {
    done('failed')
    throw new Error(
      `could not install ${name} ${tool.version}. Mend what pip says below, or point ${tool.variable} at its ${script}.`,
      { cause: error },
    )
  } finally {
    await rm(link, { force: true })
  }
}

async function findPython(name: string, { version, variable }: Tool, needs: string): Promise<string> {
  for (const python of ['python3', 'python']) {
    const answer = await run(python, ['--version'], { within: 30_000 }).catch(() => undefined)
    const installed = /Python (\d+(?:\.\d+)*)/.exec(`${answer?.stdout}${answer?.stderr}`)?.[1]
    if (installed && atLeast(installed, needs)) return python
  }
  throw new Error(
    `${name} ${version} is not in the cache, and installing it needs Python ${needs} or newer with venv and pip. ` +
      `Install that, or point ${variable} at ${name} ${version}.`,
  )
}
