import type { RunState } from '../../model/run.ts'
import { markdown, type Report, report, sortedJson } from '../../model/report/index.ts'
import { summaryOf } from '../../model/stats/summary.ts'
import type { Archive } from './archive.ts'
import { reportFolder, summaryKey } from './keys.ts'

const JSON_TYPE = 'application/json'
const MARKDOWN_TYPE = 'text/markdown; charset=utf-8'

/**
 * Keeps all that is worth keeping of a run that has ended: report, redacted diffs, evidence, and the record with every
 * `from`. A function of the record, so that doing it again keeps the same bytes. `report.json` comes last: where it is,
 * the rest is too.
 */
export async function keepReport(archive: Archive, state: RunState): Promise<{ location: string }> {
  const made = report(state)
  const folder = reportFolder(made)
  const put = (name: string, text: string, type = JSON_TYPE) => archive.put(folder + name, encoded(text), type)
  await Promise.all([
    put('record.json', sortedJson(state)),
    put('plans.json', sortedJson(plansOf(made))),
    put('evidence.json', sortedJson(evidenceOf(made))),
    put('report.md', markdown(made), MARKDOWN_TYPE),
    archive.put(summaryKey(made), encoded(sortedJson(summaryOf(made))), JSON_TYPE),
  ])
  return put('report.json', sortedJson(made))
}

function plansOf({ steps }: Report) {
  return steps.flatMap(({ id, title, from, to, changes, lost, impact }) =>
    from === undefined ? [] : [{ id, title, from, to, changes, lost, impact }],
  )
}

function evidenceOf({ path, steps }: Report) {
  return {
    path,
    steps: steps.flatMap(({ id, verdict, samples, inputs, problem }) =>
      verdict || inputs || problem ? [{ id, verdict, samples, inputs, problem }] : [],
    ),
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
