import { plain } from './quote.ts'

/** A text as one line of Markdown: it can neither begin a heading, a link or HTML, nor end the line. */
export function inline(text: string): string {
  return plain(text)
    .trim()
    .replace(/[\\`*_[\]<>#|~]/g, (mark) => `\\${mark}`)
    .replace(/^([-+=]|\d+[.)])/, (mark) => `${mark.slice(0, -1)}\\${mark.slice(-1)}`)
}

/** Lines of code as a block that nothing in them can close. */
export function block(language: string, lines: readonly string[], indent: string): string[] {
  const ticks = lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(Math.max(3, ...ticks.map((length) => length + 1)))
  return ['', ...[`${fence}${language}`, ...lines.map(oneLine), fence].map((line) => `${indent}${line}`), '']
}

function oneLine(line: string): string {
  return line.replace(/[\r\n]+/g, ' ')
}
