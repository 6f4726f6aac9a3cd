import { type Report, title } from './report/index.ts'
import { sections } from './report/sections.ts'
import { safe } from './report/text.ts'

/** The generated blocks of a post-mortem, by the name that stands in their markers. */
export const BLOCKS = {
  title: (report: Report) => `# Post-mortem: ${title(report)}`,
  summary: sections.facts,
  times: sections.times,
  timeline: sections.timeline,
  decision: sections.path,
  changes: sections.steps,
  people: (report: Report) => [sections.approvals(report), sections.decisions(report)].filter(Boolean).join('\n'),
  checklist: sections.checklist,
  owed: (report: Report) => [stillChanged(report), sections.obligations(report)].filter(Boolean).join('\n\n'),
} as const satisfies Record<string, (report: Report) => string>

type Block = keyof typeof BLOCKS

const NOTHING = 'Nothing on record.'
const MARKER = /^<!-- unwind:(begin|end) ([a-z][a-z-]{0,39}) -->\r?$/

/** Generated blocks under their headings, and between them what only people can write. */
const SKELETON: readonly (Block | string)[] = [
  'title',
  '_Text between the markers is generated; `unwind report --post-mortem` writes it anew. All other text is yours._',
  '## Summary',
  'summary',
  '## Impact',
  '_Who noticed what, how many, for how long?_',
  '## Times',
  'times',
  '## Timeline',
  'timeline',
  '## Root cause',
  '_Why did it happen? Why was it not caught before?_',
  '## What was decided',
  'decision',
  '## What was changed',
  'changes',
  '## Who answered',
  'people',
  '## Checklist',
  'checklist',
  '## What went well',
  '_…_',
  '## What went wrong',
  '_…_',
  '## Still owed',
  'owed',
  '## Actions',
  '| What | Who | Until |\n| --- | --- | --- |\n| | | |',
]

/** A post-mortem to begin with: what is known of the run, and the questions that people answer. */
export function postmortem(report: Report): string {
  const parts = SKELETON.map((part) => (isBlock(part) ? block(part, report) : part))
  return `${parts.join('\n\n')}\n`
}

/**
 * The text with its generated blocks written anew, and every other byte as it was. Blocks that people took out stay out;
 * markers of unknown names are left alone. Answers why not where a marker has no partner or none of ours is there.
 */
export function regenerate(text: string, report: Report): { text: string } | { refused: string } {
  const lines = text.split('\n')
  const kept: string[] = []
  let open: { name: string; line: number } | undefined
  let found = 0
  for (const [index, line] of lines.entries()) {
    const [, kind, name = ''] = MARKER.exec(line) ?? []
    const wrong = kind && misplaced(kind, name, index + 1, open)
    if (wrong) return { refused: wrong }
    if (kind === 'begin') {
      open = { name, line: index + 1 }
      kept.push(line)
      if (isBlock(name)) kept.push(...content(name, report, line.endsWith('\r')))
    } else if (kind === 'end') {
      if (isBlock(name)) found += 1
      open = undefined
      kept.push(line)
    } else if (!open || !isBlock(open.name)) kept.push(line)
  }
  if (open) return { refused: `the marker unwind:begin ${open.name} in line ${open.line} has no unwind:end behind it` }
  if (found === 0) return { refused: 'it holds no generated block' }
  return { text: kept.join('\n') }
}

function misplaced(
  kind: string,
  name: string,
  line: number,
  open: { name: string; line: number } | undefined,
): string | undefined {
  if (kind === 'begin' && open)
    return `the marker unwind:begin ${name} in line ${line} stands inside of ${open.name}, which begins in line ${open.line}`
  if (kind === 'end' && open?.name !== name) return `the marker unwind:end ${name} in line ${line} ends nothing`
  return undefined
}

function block(name: Block, report: Report): string {
  return [`<!-- unwind:begin ${name} -->`, ...content(name, report, false), `<!-- unwind:end ${name} -->`].join('\n')
}

function content(name: Block, report: Report, carriageReturns: boolean): string[] {
  const lines = (BLOCKS[name](report) || NOTHING).split('\n')
  return carriageReturns ? lines.map((line) => `${line}\r`) : lines
}

function stillChanged({ stillChanged: titles }: Report): string {
  return titles.length > 0 ? ['Stays changed:', '', ...titles.map((each) => `- ${safe(each)}`)].join('\n') : ''
}

function isBlock(name: string): name is Block {
  return Object.hasOwn(BLOCKS, name)
}
