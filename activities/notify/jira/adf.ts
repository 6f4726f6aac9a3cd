/** A node of the Atlassian Document Format. https://developer.atlassian.com/cloud/jira/platform/apis/document/structure */
export interface Adf {
  type: string
  version?: number
  text?: string
  attrs?: Record<string, unknown>
  content?: Adf[]
}

/** Below this line the document is written by Unwind. */
const LINE = 'Below this line Unwind writes; above it the text is yours.'

/** Our Markdown (headings, tables, lists, paragraphs) as a document. Text in it is text: it makes no link and no mention. */
export function documentOf(markdown: string): Adf {
  const blocks = markdown
    .split(/\n{2,}/)
    .map((block) => block.split('\n').filter((line) => !/^<!-- .* -->$/.test(line.trim())))
    .filter((lines) => lines.some((line) => line.trim() !== ''))
  return { type: 'doc', version: 1, content: [paragraph(LINE), { type: 'rule' }, ...blocks.flatMap(blockOf)] }
}

/** What people wrote above the line, and then our part. */
export function kept(before: Adf | undefined, ours: Adf): Adf {
  const content = before?.content ?? []
  const line = content.findIndex((node) => node.content?.[0]?.text === LINE)
  return line > 0 ? { ...ours, content: [...content.slice(0, line), ...(ours.content ?? [])] } : ours
}

function blockOf(lines: string[]): Adf[] {
  const [first = ''] = lines
  const heading = /^(#{1,6}) (.*)$/.exec(first)
  if (heading) {
    const title = { type: 'heading', attrs: { level: heading[1]?.length ?? 1 }, content: texts(heading[2] ?? '') }
    return [title, ...(lines.length > 1 ? blockOf(lines.slice(1)) : [])]
  }
  if (lines.every((line) => line.startsWith('|'))) return [table(lines)]
  if (lines.every((line) => /^\s*(?:-|\d+\.) /.test(line)))
    return [
      {
        type: 'bulletList',
        content: lines.map((line) => ({
          type: 'listItem',
          content: [paragraph(line.replace(/^\s*(?:-|\d+\.) /, ''))],
        })),
      },
    ]
  return lines.filter((line) => line.trim() !== '').map(paragraph)
}

function table(lines: string[]): Adf {
  const rows = lines.filter((line) => !/^\|(?: ?-+ ?\|)+$/.test(line))
  const cells = (line: string) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
  return {
    type: 'table',
    content: rows.map((line, index) => ({
      type: 'tableRow',
      content: cells(line).map((cell) => ({
        type: index === 0 ? 'tableHeader' : 'tableCell',
        content: [paragraph(cell)],
      })),
    })),
  }
}

function paragraph(line: string): Adf {
  return { type: 'paragraph', content: texts(line) }
}

/** Markup is dropped and escapes are undone: what is left is the text. A text node must not be empty. */
function texts(line: string): Adf[] {
  const text = line.replaceAll(/\\([\\`*_{}[\]<>#|~!])|(\*\*|`|^_|_$)/g, (_, sign: string | undefined) => sign ?? '')
  return text === '' ? [] : [{ type: 'text', text }]
}
