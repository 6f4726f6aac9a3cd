import { cp } from 'node:fs/promises'
import { extname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const assets = new Set(['.mod', '.sum', '.yaml', '.json', '.txt', '.mjs', '.go'])

/** Copies what the compiler leaves behind (go.mod, go.sum, requirements.txt, YAML, JSON, plain JavaScript, Go) from a folder of the sources to its place in `dist`. */
export async function copyAssets(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    filter: (path) => {
      const inside = relative(from, path)
      const name = inside.split(sep).at(-1) ?? ''
      return extname(name) === '' || (assets.has(extname(name)) && !name.endsWith('.d.mts'))
    },
  })
}

// Run as `node dist/tools/assets.js`: the sources lie beside dist.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const here = fileURLToPath(new URL('.', import.meta.url))
  await copyAssets(fileURLToPath(new URL('../../tools/', import.meta.url)), here)
  const activities = fileURLToPath(new URL('../activities/', import.meta.url))
  await copyAssets(fileURLToPath(new URL('../../activities/', import.meta.url)), activities)
}
