import type { Outline, OutlinedStep } from '../../model/runbook/outline.ts'
import type { Branch } from '../../model/runbook/compiled.ts'
import { type Line, pad, paragraph, type Span, wrap } from './span.ts'

type Question = Outline['questions'][number]

/** The decision tree and the procedures below it, as a terminal of this width shows them. */
export function graphLines(outline: Outline, width = 80): Line[] {
  const { name, service, questions, procedures } = outline
  const [first] = questions
  const head: Line[] = [
    [
      ['bold', name],
      ['dim', `  takes ${service} back`],
    ],
  ]
  const tree = first ? [[] as Line, ...questionLines(first, questions, [], new Set(), width)] : []
  const carried = procedures.flatMap(({ name: procedure, entries }) => [
    [] as Line,
    ...procedureLines(procedures.length > 1 || first ? procedure : undefined, entries, width),
  ])
  return [...head, ...tree, ...carried]
}

/** A question with both of its branches; one that stands further up already is named only. */
function questionLines(
  question: Question,
  all: readonly Question[],
  before: readonly string[],
  shown: Set<string>,
  width: number,
): Line[] {
  const indent = before.join('')
  const again = shown.has(question.id)
  shown.add(question.id)
  const text = again ? 'see above' : question.question
  const [head = '', ...more] = wrap(text, room(width, indent, question.id.length + 4))
  const lines: Line[] = [[...frame(indent), ['ask', '? '], ['bold', question.id], ['plain', `  ${head}`]]]
  if (again) return lines
  const below = `${continued(before)}│ `
  lines.push(...more.map((line): Line => [...frame(below), ['plain', `${' '.repeat(question.id.length + 2)}${line}`]]))
  if (question.evidence !== undefined)
    for (const line of wrap(question.evidence, room(width, below, 2)))
      lines.push([...frame(below), ['dim', `  ${line}`]])
  return [
    ...lines,
    ...branchLines('yes', question.onYes, all, [continued(before), '├─ yes  '], shown, width),
    ...branchLines('no', question.onNo, all, [continued(before), '└─ no   '], shown, width),
  ]
}

function branchLines(
  answer: 'yes' | 'no',
  branch: Branch,
  all: readonly Question[],
  before: readonly string[],
  shown: Set<string>,
  width: number,
): Line[] {
  const indent = before.join('')
  if ('ask' in branch) {
    const next = all.find(({ id }) => id === branch.ask)
    if (next) return questionLines(next, all, before, shown, width)
    return [[...frame(indent), ['bad', `? ${branch.ask} (there is no such question)`]]]
  }
  if ('run' in branch) return [[...frame(indent), ['good', '▶ '], ['bold', branch.run]]]
  const [head = '', ...more] = wrap(branch.stop, room(width, indent, 2))
  const below = answer === 'yes' ? `${continued(before)}` : `${' '.repeat(indent.length)}`
  return [
    [...frame(indent), ['removed', '■ '], ['plain', head]],
    ...more.map((line): Line => [...frame(below), ['plain', `  ${line}`]]),
  ]
}

/** What stands left of the lines below a branch: the line to its sister goes on, that to itself does not. */
function continued(before: readonly string[]): string {
  return before.map((part) => part.replaceAll('├', '│').replaceAll(/[└─yesno]/g, ' ')).join('')
}

function procedureLines(name: string | undefined, entries: readonly OutlinedStep[][], width: number): Line[] {
  const head: Line[] =
    name === undefined
      ? []
      : [
          [
            ['good', '▶ '],
            ['bold', name],
          ],
        ]
  const ids = Math.max(0, ...entries.flat().map(({ id }) => id.length))
  const kinds = Math.max(0, ...entries.flat().map(({ kind }) => kind.length))
  const numbered = entries.flatMap((steps, place) =>
    steps.flatMap((step, index) => stepLines(step, mark(steps.length, place, index), ids, kinds, width)),
  )
  return [...head, ...numbered]
}

/** The number of an entry, and a brace round the steps that are carried out at the same time. */
function mark(count: number, place: number, index: number): [first: string, rest: string] {
  const number = `${String(place + 1).padStart(4)} `
  const blank = ' '.repeat(number.length)
  if (count === 1) return [`${number}  `, `${blank}  `]
  const brace = index === 0 ? '╭ ' : index === count - 1 ? '╰ ' : '│ '
  return [`${index === 0 ? number : blank}${brace}`, `${blank}${index === count - 1 ? '  ' : '│ '}`]
}

function stepLines(
  { id, kind, title, when }: OutlinedStep,
  [first, rest]: readonly [string, string],
  ids: number,
  kinds: number,
  width: number,
): Line[] {
  const indent = first.length + ids + kinds + 4
  const [head = '', ...more] = wrap(title, Math.max(20, width - indent))
  const blank = ' '.repeat(indent - rest.length)
  return [
    [
      ['dim', first],
      ['plain', pad(id, ids + 2)],
      ['dim', pad(kind, kinds + 2)],
      ['plain', head],
    ],
    ...more.map(
      (line): Line => [
        ['dim', rest],
        ['plain', `${blank}${line}`],
      ],
    ),
    ...(when === undefined ? [] : paragraph('dim', `when ${when}`, indent, width)),
  ]
}

function frame(indent: string): Span[] {
  return indent === '' ? [] : [['dim', indent]]
}

function room(width: number, indent: string, taken: number): number {
  return Math.max(20, width - indent.length - taken)
}
