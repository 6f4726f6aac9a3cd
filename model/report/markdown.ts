import type { Report } from './report.ts'
import { sections } from './sections.ts'
import { safe } from './text.ts'

const PARTS: readonly (readonly [heading: string, section: keyof typeof sections])[] = [
  ['Times', 'times'],
  ['Decision', 'path'],
  ['Steps', 'steps'],
  ['What people decided', 'decisions'],
  ['Approvals', 'approvals'],
  ['Checklist', 'checklist'],
  ['Still owed', 'obligations'],
  ['Messages', 'messages'],
  ['Timeline', 'timeline'],
]

/** The report as Markdown. Text of people and systems is escaped, so that it can't forge a heading or a link. */
export function markdown(report: Report): string {
  const parts = PARTS.flatMap(([heading, section]) => {
    const text = sections[section](report)
    return text ? [`## ${heading}`, text] : []
  })
  return `${[`# ${title(report)}`, ...causeOf(report), sections.facts(report), ...parts].join('\n\n')}\n`
}

/** What a report is about, in one line. */
export function title({ service, environment, outcome, phase }: Report): string {
  return `Rollback of ${service} in ${environment}: ${outcome ?? phase}`
}

function causeOf({ problem }: Report): string[] {
  return problem ? [`${problem.code}: ${safe(problem.message)}`] : []
}
