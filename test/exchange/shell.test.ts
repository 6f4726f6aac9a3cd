import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameOf, type Statement } from '../../exchange/import/shell/grammar.ts'
import { parseShell } from '../../exchange/import/shell/parse.ts'
import { tokenize } from '../../exchange/import/shell/tokens.ts'
import { literal } from '../../exchange/import/shell/word.ts'

const words = (source: string) =>
  tokenize(source).flatMap((token) => (token.type === 'word' ? [literal(token.word) ?? token.word.parts] : []))
const types = (source: string) => parseShell(source).map(({ type }) => type)
const pipelines = (list: readonly Statement[]) => list.flatMap((one) => (one.type === 'pipeline' ? [one] : []))

test('words are what a shell would pass: quotes, escapes and continued lines removed', () => {
  expect(words(`a 'b c' "d \\"e\\"" f\\ g \\\n  h'i'"j"`)).toEqual(['a', 'b c', 'd "e"', 'f g', 'hij'])
})

test('variables, fallbacks, expressions of a workflow, lookups and placeholders are told apart', () => {
  expect(words('$A ${B} "${C:-d}" ${{ inputs.version }} $(date +%s) `id` <revision> ${X#v} $1')).toEqual([
    [{ variable: 'A' }],
    [{ variable: 'B' }],
    [{ text: '' }, { variable: 'C', fallback: 'd' }],
    [{ variable: 'version' }],
    [{ lookup: 'date +%s' }],
    [{ lookup: 'id' }],
    [{ variable: 'revision' }],
    [{ opaque: '${X#v}' }],
    [{ variable: '1' }],
  ])
})

test('a comment begins with a word, not inside of one', () => {
  expect(tokenize('echo a#b # c').map(({ type }) => type)).toEqual(['word', 'word', 'comment'])
})

test('redirections and here-documents are no words, and the text of a here-document is no command', () => {
  const [first, second] = pipelines(parseShell('cat <<EOF >out 2>&1\nkubectl delete --all\nEOF\ntrue'))
  expect(first?.commands[0]?.words.map(({ raw }) => raw)).toEqual(['cat'])
  expect(first?.commands[0]?.redirects.map(({ operator }) => operator)).toEqual(['<<', '>', '>&'])
  expect(second?.commands[0] && nameOf(second.commands[0])).toBe('true')
})

test('pipes, and what follows on success or on failure only', () => {
  const list = pipelines(parseShell('a | b && c || d; e &\n! f'))
  expect(list.map(({ commands, follows }) => [commands.length, follows])).toEqual([
    [2, 'always'],
    [1, 'and'],
    [1, 'or'],
    [1, 'always'],
    [1, 'always'],
  ])
  expect(list.map(({ background, negated }) => [background, negated]).slice(3)).toEqual([
    [true, false],
    [false, true],
  ])
})

test('if, loops, cases, functions and groups are read as one statement each, to their end', () => {
  const source = `if [ -z "$X" ]; then a; elif b; then c; else d; fi
for x in 1 2; do if y; then for z in 1; do w; done; fi; done
case "$1" in a) b;; *) c;; esac
say() { echo "$1"; }
function stop { exit 1; }
{ a; b; } || exit 1
(cd x && y) > /dev/null 2>&1`
  expect(types(source)).toEqual(['if', 'loop', 'case', 'function', 'function', 'group', 'pipeline', 'group'])
  const [first] = parseShell(source)
  expect(first?.type === 'if' && [first.branches.length, first.otherwise?.length]).toEqual([2, 1])
})

test('assignments before a command and arrays are no words of it', () => {
  const [first, second] = pipelines(parseShell('A=1 B="$C" run x\nLIST=(a "b c")'))
  expect(first?.commands[0]?.sets.map(({ name }) => name)).toEqual(['A', 'B'])
  expect(first?.commands[0]?.words.map(({ raw }) => raw)).toEqual(['run', 'x'])
  expect(second?.commands[0]?.words).toEqual([])
})

test('what is not closed is an error, not half a command', () => {
  for (const source of ["echo 'a", 'echo "a', 'echo $(a', 'if a; then b', 'cat <<X\ny', 'a | ', 'a )', 'while a; do b'])
    expect(() => parseShell(source), source).toThrow(SyntaxError)
})

test('any text is either read, in order and without an overlap, or refused; never looped on', () => {
  const piece = fc.constantFrom(
    'kubectl',
    ' ',
    '\n',
    "'",
    '"',
    '$',
    '${',
    '}',
    '$(',
    ')',
    '|',
    '&&',
    '<',
    '>',
    '#',
    '\\',
    '`',
    'if',
    'fi',
    ';',
    'x=',
    '<<',
    '<a>',
    '{',
    '(',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const source = pieces.join('')
      let list: Statement[]
      try {
        list = parseShell(source)
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError)
        return
      }
      for (const [at, { start, end }] of list.entries()) {
        expect(start).toBeGreaterThanOrEqual(list[at - 1]?.end ?? 0)
        expect(end).toBeGreaterThan(start)
      }
    }),
    { numRuns: 2_000 },
  )
})
