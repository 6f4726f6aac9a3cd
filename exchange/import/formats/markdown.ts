import type { Around } from '../became.ts'
import { type Draft, emptyDraft, toTick } from '../draft.ts'
import { type Item, masked } from '../item.ts'
import { slug } from '../procedure.ts'
import { readScript } from '../script.ts'
import type { Scope } from '../scope.ts'

/**
 * Markdown with command blocks and checklists. Sections that each take something back are alternatives, and a person is
 * asked which one applies, unless their headings are numbered.
 */
export function readMarkdown(source: string, around: Around): Draft {
  const scope: Scope = { values: new Map(), parameters: new Map() }
  const reading: Reading = {
    around,
    scope,
    draft: emptyDraft(scope),
    sections: [{ heading: '', items: [] }],
    lines: source.split('\n'),
  }
  for (let at = 0; at < reading.lines.length; ) at = oneLine(at, reading)
  sections(reading)
  return reading.draft
}

interface Section {
  heading: string
  items: Item[]
}

interface Reading {
  around: Around
  scope: Scope
  draft: Draft
  sections: Section[]
  lines: string[]
}

const SHELL = /^(?:sh|bash|shell|zsh|console|terminal|shell-session|shellscript|)$/i

/** Reads what begins at line `at` (from 0) and answers where the next begins. */
function oneLine(at: number, reading: Reading): number {
  const line = reading.lines[at] ?? ''
  const section = reading.sections.at(-1) as Section
  const fence = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)/.exec(line)
  if (fence) return fenced(at, fence[2] ?? '', fence[3] ?? '', section, reading)
  const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)
  if (heading) {
    if (!reading.draft.name && /^#\s/.test(line)) reading.draft.name = heading[1] ?? ''
    reading.sections.push({ heading: heading[1] ?? '', items: [comment(at, line, 'A heading of the source.')] })
    return at + 1
  }
  if (line.trim() === '') return at + 1
  const box = /^\s*[-*+] \[[ xX]\]\s+(.*)$/.exec(line)
  if (box) {
    ticked(at, box[1] ?? '', section.heading, reading)
    return at + 1
  }
  section.items.push(...sentence(at, line, reading))
  return at + 1
}

function fenced(at: number, marks: string, language: string, section: Section, reading: Reading): number {
  const { lines, around, scope } = reading
  const close = lines.findIndex((line, index) => index > at && line.trim().startsWith(marks))
  const end = close < 0 ? lines.length : close
  const body = lines.slice(at + 1, end)
  if (/^(markdown|md)$/i.test(language)) {
    const inner: Reading = { ...reading, lines: reading.lines.slice(0, end), sections: [section] }
    for (let line = at + 1; line < end; ) line = oneLine(line, inner)
    for (const { heading: _, items } of inner.sections.slice(1)) section.items.push(...items)
    return end + 1
  }
  const found = SHELL.test(language) ? readScript(typed(body).join('\n'), scope, around, at + 2) : []
  const knows = found.some(
    (item) =>
      item.is === 'command' && !(item.became.as === 'manual' && item.became.because.startsWith('Import does not know')),
  )
  if (knows || (found.length > 0 && language !== '')) section.items.push(...found)
  else if (body.length > 0) section.items.push(comment(at + 1, body.join('\n'), 'It is no command that import knows.'))
  return end + 1
}

/** Command lines after their prompts; what a block with prompts shows beside them is output. */
function typed(lines: readonly string[]): string[] {
  if (!lines.some((line) => /^\s*[$%] \S/.test(line))) return [...lines]
  let continued = false
  return lines.map((line) => {
    const prompt = /^\s*[$%] (.*)$/.exec(line)
    const command = prompt ? (prompt[1] ?? '') : continued ? line : line.trim() === '' ? '' : `# ${line}`
    continued = (prompt !== null || continued) && command.endsWith('\\')
    return command
  })
}

/** A sentence: with a command in it that is known it is that step, numbered it is done by a person, else it is a remark. */
function sentence(at: number, line: string, { around, scope }: Reading): Item[] {
  const place = { line: at + 1, end: at + 1, original: masked(line.trim()) }
  const codes = [...line.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
  const found = codes
    .flatMap((code) => readScript(code, scope, around))
    .filter((item) => item.is === 'command' && item.became.as !== 'manual')
  const instruction = /^\s*(?:\d+[.)]|[-*+])\s/.test(line)
  if (found.length === 1 && codes.length === 1 && instruction) return found.map((item) => ({ ...item, ...place }))
  if (/^\s*\d+[.)]\s/.test(line))
    return [{ is: 'text', because: 'It is a sentence, which a person carries out.', ...place, original: line.trim() }]
  return [comment(at, line, 'It explains.')]
}

const PHASES: readonly [RegExp, 'before' | 'during' | 'after' | 'communication'][] = [
  [/communic|notif|announce|stakeholder/i, 'communication'],
  [/\bpre\b|pre-?roll|before|avant|prerequisite|prérequis|preparation/i, 'before'],
  [/\bpost\b|post-?roll|after|après|verif|vérif|valid|follow/i, 'after'],
]

function ticked(at: number, text: string, heading: string, { draft }: Reading): void {
  const phase = PHASES.find(([pattern]) => pattern.test(heading))?.[1] ?? 'during'
  const became = toTick(draft, phase, masked(text).replaceAll('{{', '{ {'))
  draft.findings.push({ line: at + 1, end: at + 1, original: masked(text), outcome: 'ticked', became })
}

function comment(at: number, text: string, because: string): Item {
  return { is: 'comment', because, line: at + 1, end: at + text.split('\n').length, original: text }
}

const NUMBERED = /^(?:\d+[.):]?\s|step\b|étape\b|phase\b)/i

function sections({ draft, sections: all }: Reading): void {
  const changing = all.filter(({ items }) => items.some(changes))
  const inOrder = changing.filter(({ heading }) => !NUMBERED.test(heading)).length < 2
  if (changing.length < 2 || inOrder) {
    draft.procedures.push({ name: 'rollback', items: all.flatMap(({ items }) => items) })
    return
  }
  // What changes nothing belongs to the section before it, or to the first.
  const procedures: { name: string; heading: string; items: Item[] }[] = []
  let open: Item[] = []
  for (const { heading, items } of all) {
    if (!items.some(changes)) {
      open.push(...items)
      continue
    }
    const name = slug(heading, `way-${procedures.length + 1}`)
    const own = [...(procedures.length === 0 ? open : []), ...items]
    procedures.push({
      name: procedures.some((one) => one.name === name) ? `${name}-${procedures.length + 1}` : name,
      heading,
      items: own,
    })
    open = own
  }
  draft.procedures = procedures.slice(0, 50)
  draft.questions = draft.procedures.map(({ name }, at) => {
    const next = draft.procedures[at + 1]
    const question = `Is this what applies: ${procedures[at]?.heading || name}?`
    return {
      id: name,
      question,
      onYes: { run: name },
      onNo: next ? { ask: next.name } : { stop: 'None of the ways of this runbook applies.' },
    }
  })
}

function changes(item: Item): boolean {
  return item.is === 'command' && item.became.as === 'step' && !/^(check|wait|notify)$/.test(item.became.step.kind)
}
