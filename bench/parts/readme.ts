import { readFile, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'

const BEGIN = '<!-- figures: npm run bench -- all --write -->'
const END = '<!-- end of figures -->'
const README = new URL('../README.md', import.meta.url)

/** What the figures were measured on, in one line. */
export function machine(): string {
  const [cpu] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const model = cpu?.model.trim() || 'unknown processor'
  return `${cpus().length} cores (${model}), ${gigabytes} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`
}

/** Puts new figures into bench/README.md. */
export async function writeFigures(figures: string): Promise<void> {
  await writeFile(README, withFigures(await readFile(README, 'utf8'), `${machine()}\n\n${figures}`))
}

/** The text with what stands between the two marks replaced. Throws when a mark is missing. */
export function withFigures(text: string, figures: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`bench/README.md needs the lines ${BEGIN} and ${END}, in this order`)
  return `${text.slice(0, begin)}${BEGIN}\n\n${figures}\n\n${text.slice(end)}`
}
