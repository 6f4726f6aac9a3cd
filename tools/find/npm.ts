import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../run.ts'
import { withLock } from './lock.ts'
import { progress } from './progress.ts'

/**
 * The folder that holds `node_modules` with a server from npm, installed into the user's cache from the package-lock.json of
 * `tools/<module>`: no scripts run, sums are checked, and nothing of it is a dependency of Unwind.
 */
export async function npmServer(module: string, version: string): Promise<string> {
  const root = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  const folder = join(root, 'unwind', module, version)
  const whole = () =>
    stat(join(folder, 'whole')).then(
      () => true,
      () => false,
    )
  if (await whole()) return folder
  return withLock(`${folder}.lock`, `${module} ${version}`, async () => {
    if (await whole()) return folder
    const done = progress(`installing ${module} ${version} from npm (a minute or two the first time)`)
    const unfinished = `${folder}.${process.pid}`
    try {
      await mkdir(unfinished, { recursive: true })
      const from = fileURLToPath(new URL(`../${module}/`, import.meta.url))
      for (const file of ['package.json', 'package-lock.json']) await copyFile(join(from, file), join(unfinished, file))
      const quiet = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error']
      await run('npm', ['ci', ...quiet], { cwd: unfinished, within: 15 * 60_000 })
      await writeFile(join(unfinished, 'whole'), '')
      await rm(folder, { recursive: true, force: true })
      await rename(unfinished, folder)
      done('installed')
      return folder
    } catch (error) {
      done('failed')
      throw new Error(`could not install ${module} ${version}; mend what npm says below`, { cause: error })
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  })
}
