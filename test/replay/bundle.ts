import { readdir, readFile, writeFile } from 'node:fs/promises'
import { gunzipSync, gzipSync } from 'node:zlib'

const FOLDER = new URL('./bundles/', import.meta.url)
const EXTENSION = '.js.gz'
/** A worker wants a source map; that of a kept bundle would be larger than its code, and name folders. */
const NO_SOURCES = { version: 3, file: 'workflow-bundle.js', sources: [], mappings: '' }

/** The versions whose workflow code is kept, the oldest first. */
export async function keptVersions(): Promise<string[]> {
  const files = await readdir(FOLDER)
  return files.map((file) => file.slice(0, -EXTENSION.length)).sort()
}

/** The workflow code of an earlier version, as its workers ran it. */
export async function keptBundle(version: string): Promise<{ code: string }> {
  const code = gunzipSync(await readFile(new URL(`${version}${EXTENSION}`, FOLDER))).toString()
  const map = Buffer.from(JSON.stringify(NO_SOURCES)).toString('base64')
  return { code: `${code}\n//# sourceMappingURL=data:application/json;base64,${map}` }
}

/** Keeps the workflow code of a version, without the folders of the machine that bundled it. */
export async function keepBundle(version: string, code: string): Promise<void> {
  const root = new URL('../../', import.meta.url).pathname
  const bare = code
    .replace(/\n\/\/# sourceMappingURL=.*/s, '\n')
    .replaceAll(/(?:[.\w-]*\/)*node_modules\//g, './node_modules/')
    .replaceAll(root, './')
  await writeFile(new URL(`${version}${EXTENSION}`, FOLDER), gzipSync(bare, { level: 9 }))
}
