export { markdown, title } from './markdown.ts'
export { planMarkdown } from './plan.ts'
export { type Report, report } from './report.ts'
export { sortedJson } from './text.ts'
