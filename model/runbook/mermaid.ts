import type { Branch } from './compiled.ts'
import type { Outline, OutlinedStep } from './outline.ts'

/** The decision tree with its procedures as a Mermaid flow chart: what Markdown pages and wikis draw by themselves. */
export function mermaid({ questions, procedures }: Outline): string {
  const names = new Names()
  const asked = questions.flatMap(({ id, question, onYes, onNo }) => [
    `  ${names.of('question', id)}{${quoted(question)}}`,
    ...branchLines(names, id, 'yes', onYes),
    ...branchLines(names, id, 'no', onNo),
  ])
  const carried = procedures.flatMap(({ name, entries }) => [
    `  subgraph ${names.of('procedure', name)}[${quoted(name)}]`,
    '    direction TB',
    ...stepLines(names, name, entries).map((line) => `    ${line}`),
    '  end',
  ])
  return ['flowchart TD', ...asked, ...carried].join('\n')
}

/** Names that Mermaid takes, one for each thing: ids of a document may hold dots and words that Mermaid keeps. */
class Names {
  readonly #known = new Map<string, string>()

  of(...parts: string[]): string {
    const key = JSON.stringify(parts)
    const name = this.#known.get(key) ?? `${parts[0]?.charAt(0)}${this.#known.size + 1}`
    this.#known.set(key, name)
    return name
  }
}

function branchLines(names: Names, id: string, answer: 'yes' | 'no', branch: Branch): string[] {
  const from = names.of('question', id)
  if ('ask' in branch) return [`  ${from} -- ${answer} --> ${names.of('question', branch.ask)}`]
  if ('run' in branch) return [`  ${from} -- ${answer} --> ${names.of('procedure', branch.run)}`]
  return [`  ${from} -- ${answer} --> ${names.of('stop', id, answer)}([${quoted(branch.stop)}])`]
}

/** Each step as a box; every box of one entry leads to every box of the next. */
function stepLines(names: Names, procedure: string, entries: readonly OutlinedStep[][]): string[] {
  const name = (place: number, index: number) => names.of('step', procedure, String(place), String(index))
  return entries.flatMap((steps, place) =>
    steps.flatMap(({ id, kind, title, when }, index) => {
      const text = [`${id} (${kind})`, title, ...(when === undefined ? [] : [`when ${when}`])]
      const before = place === 0 ? [] : (entries[place - 1] ?? []).map((_, other) => name(place - 1, other))
      const box = `${name(place, index)}[${quoted(text.join('\n'))}]`
      return [box, ...before.map((from) => `${from} --> ${name(place, index)}`)]
    }),
  )
}

/** Text inside a box: Mermaid reads entities with # and no backslashes; whatever could end or format it is one. */
function quoted(text: string): string {
  const safe = text.replaceAll(/[#"<>&`;\\[\]{}()|]/g, (mark) => `#${mark.codePointAt(0)};`)
  return `"${safe.replaceAll(/\s*\n\s*/g, '<br/>')}"`
}
