import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { reportSchema } from './generate/report-schema.ts'
import { runbookSchema, scenariosSchema } from './generate/runbook-schema.ts'
import { targetsPage } from './generate/targets.ts'

/** Where the page lies that says what each kind of step takes. */
export const TARGETS_PAGE = new URL('./targets.md', import.meta.url)
/** Where the schema of a report lies. */
export const REPORT_SCHEMA = new URL('./report.schema.json', import.meta.url)

/** Where the schema of a runbook lies, for editors. */
export const RUNBOOK_SCHEMA = new URL('./runbook.schema.json', import.meta.url)

/** Where the schema of scenarios lies, for editors. */
export const SCENARIOS_SCHEMA = new URL('./scenarios.schema.json', import.meta.url)

/** What `npm run docs` writes: each file, and how its text is made from the schemas. */
const FILES: readonly (readonly [file: URL, make: () => string | Promise<string>])[] = [
  [TARGETS_PAGE, targetsPage],
  [REPORT_SCHEMA, reportSchema],
  [RUNBOOK_SCHEMA, runbookSchema],
  [SCENARIOS_SCHEMA, scenariosSchema],
]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, make] of FILES) {
    const text = await make()
    const before = await readFile(file, 'utf8').catch(() => '')
    if (text !== before) await writeFile(file, text)
    const name = `docs/${file.pathname.split('/').at(-1)}`
    console.error(text === before ? `${name} is fresh.` : `Wrote ${name}.`)
  }
}
