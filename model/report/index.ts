export { markdown, title } from './markdown.ts'
export { type Report, report } from './report.ts'
export { sortedJson } from './text.ts'
