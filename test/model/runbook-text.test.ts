import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { fieldOrder, RunbookDocument } from '../../activities/runbook.ts'
import { formatRunbook } from '../../config/runbooks/format.ts'
import { lintRunbook } from '../../config/runbooks/lint.ts'
import { UnwindError } from '../../model/errors.ts'

const QUIET = { logLevel: 'silent' } as const
const folder = new URL('../../examples/runbooks/', import.meta.url)
const examples = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
const example = fc.constantFrom(...examples)

/** Pieces that YAML, CEL and templates are made of, in an order that nobody would write. */
const scraps = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'steps:',
        '- ',
        '\n',
        '  ',
        '{ ',
        ' }',
        '[',
        ']',
        ': ',
        ', ',
        '&a ',
        '*a',
        '!!js/function ',
        '? ',
      ),
      fc.constantFrom(
        'kind: ',
        'check',
        'when: ',
        '{{ parameters.',
        ' }}',
        '"',
        "'",
        '|\n',
        '>-\n',
        '# ',
        '---\n',
        '<<: ',
      ),
      fc.constantFrom(
        'apiVersion: unwind/v1\n',
        'kind: Runbook\n',
        '%YAML 1.1\n',
        '\t',
        '\u0000',
        '\ufeff',
        '__proto__: ',
      ),
      fc.string({ maxLength: 12, unit: 'grapheme' }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''))

/** An example with a piece cut out, put in or put elsewhere. */
const spoiled = fc.tuple(example, fc.nat(), fc.nat({ max: 80 }), scraps).map(([text, place, length, scrap]) => {
  const at = place % text.length
  return text.slice(0, at) + scrap + text.slice(at + length)
})

/** An example in which one value, wherever it stands, is another one. */
const changed = fc.tuple(example, fc.nat(), fc.jsonValue({ maxDepth: 3 })).map(([text, place, value]) => {
  const document = parse(text) as unknown
  const places = holders(document)
  const [holder, key] = places[place % places.length] ?? []
  if (holder && key !== undefined) holder[key] = value
  return stringify(document)
})

const anyText = fc.oneof(
  scraps,
  spoiled,
  changed,
  fc.jsonValue().map((value) => stringify(value)),
)

test('no text makes lint throw: it says what is wrong, where in the text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { problems, runbook } = lintRunbook(text, RunbookDocument)
      expect(problems.length > 0).toBe(runbook === undefined)
      const lines = text.split(/\r\n|\r|\n/)
      for (const { line, column, message } of problems) {
        expect(message.length).toBeGreaterThan(0)
        expect(line).toBeGreaterThanOrEqual(1)
        expect(line).toBeLessThanOrEqual(lines.length)
        expect(column).toBeGreaterThanOrEqual(1)
      }
    }),
    { numRuns: 200 },
  )
})

test('a layout changes nothing of what a text says, is found once, and is refused in words only', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const made = formatted(text)
      if (made === undefined) return
      expect(parse(made, QUIET)).toEqual(parse(text, QUIET))
      expect(formatRunbook(made, fieldOrder)).toBe(made)
    }),
    { numRuns: 150 },
  )
})

test('keys in any order are put into the same order', () => {
  fc.assert(
    fc.property(example, fc.infiniteStream(fc.nat()), (text, numbers) => {
      const document = parse(text) as unknown
      const shuffled = stringify(reordered(document, numbers), { aliasDuplicateObjects: false })
      const plain = stringify(document, { aliasDuplicateObjects: false })
      expect(formatRunbook(shuffled, fieldOrder)).toBe(formatRunbook(plain, fieldOrder))
    }),
    { numRuns: 25 },
  )
})

/** The canonical layout; undefined where the text is refused. */
function formatted(text: string): string | undefined {
  try {
    return formatRunbook(text, fieldOrder)
  } catch (error) {
    expect(error).toBeInstanceOf(UnwindError)
    return undefined
  }
}

type Holder = Record<PropertyKey, unknown>

/** Every place of a document that holds a value. */
function holders(value: unknown): [holder: Holder, key: string][] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Holder
  return Object.keys(value).flatMap((key) => [[holder, key] as [Holder, string], ...holders(holder[key])])
}

/** Maps whose keys people order, so that their order has to stay. */
const ORDERED = ['procedures', 'parameters', 'contacts', 'environments', 'match', 'check', 'production', 'staging']

function reordered(value: unknown, numbers: fc.Stream<number>, under = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, numbers))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, reordered(item, numbers, key)] as const)
  return Object.fromEntries(ORDERED.includes(under) ? entries : shuffle(entries, numbers))
}

function shuffle<Item>(items: readonly Item[], numbers: fc.Stream<number>): Item[] {
  const ranks = items.map(() => numbers.next().value ?? 0)
  return items.toSorted((a, b) => (ranks[items.indexOf(a)] ?? 0) - (ranks[items.indexOf(b)] ?? 0))
}
