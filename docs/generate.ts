import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { targetsPage } from './generate/targets.ts'

/** Where the page lies that `npm run docs` writes. */
export const TARGETS_PAGE = new URL('./targets.md', import.meta.url)

/** Writes what the schemas of activities say of themselves into docs/targets.md: `npm run docs`. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = await targetsPage()
  const before = await readFile(TARGETS_PAGE, 'utf8').catch(() => '')
  if (page !== before) await writeFile(TARGETS_PAGE, page)
  console.error(page === before ? 'docs/targets.md is fresh.' : 'Wrote docs/targets.md.')
}
