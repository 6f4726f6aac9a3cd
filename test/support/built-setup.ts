import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from '../../tools/find/lock.ts'
import { run } from '../../tools/run.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES = [
  ...['model', 'config', 'exchange', 'activities', 'workflows', 'worker', 'api', 'cli', 'rehearsal', 'tools'],
  'tsconfig.build.json',
]

/**
 * A vitest globalSetup: `dist` as `npm run build` makes it, because what is tested is what people run. Built only when a
 * source is newer, so that a test command that has built already does not pay for it twice.
 */
export async function setup(): Promise<void> {
  await withLock(join(ROOT, 'node_modules/.cache/unwind-build.lock'), 'the build of Unwind', async () => {
    const built = await stat(join(ROOT, 'dist/workflow-bundle.js')).catch(() => undefined)
    if (built && built.mtimeMs > (await newest())) return
    await run('npm', ['run', '--silent', 'build'], { cwd: ROOT, within: 300_000 })
  })
}

/** When a source was last changed, epoch milliseconds. */
async function newest(): Promise<number> {
  const times = await Promise.all(
    SOURCES.map(async (source) => {
      const path = join(ROOT, source)
      const inside = (await stat(path)).isDirectory() ? await readdir(path, { recursive: true }) : []
      const entries = await Promise.all([path, ...inside.map((name) => join(path, name))].map((name) => stat(name)))
      return Math.max(...entries.map(({ mtimeMs }) => mtimeMs))
    }),
  )
  return Math.max(...times)
}
