import { type Around, type Became, durationOf, manual } from './became.ts'
import { recognise } from './commands/index.ts'
import { type Item, placeOf } from './item.ts'
import { lookup } from './lookup.ts'
import { bind, resolve, type Scope } from './scope.ts'
import { type Command, nameOf, type Statement } from './shell/grammar.ts'
import { literal, type Word } from './shell/word.ts'

/** What a walk over statements carries along. `block` reads what is more than a pipeline. */
export interface Walk {
  source: string
  firstLine: number
  scope: Scope
  around: Around
  functions: Map<string, Statement[]>
  called: Set<string>
  block: (statement: Statement, walk: Walk) => Item[]
}

/** The items of statements in their order. */
export function walkStatements(statements: readonly Statement[], walk: Walk): Item[] {
  return statements.flatMap((statement, at) => {
    if (isConditional(statements, at) && !isHousekeeping(statement, walk))
      return [asText(statement, walk, 'It is done under a condition of the script, which a person has to judge.')]
    if (statement.follows === 'or') return [afterFailure(statement, walk)]
    if (statement.type === 'comment') return [asComment(statement, walk, 'A comment of the source.')]
    if (statement.type !== 'pipeline') return walk.block(statement, walk)
    return pipeline(statement, walk)
  })
}

/** Whether it only prints, tests or ends: nothing that a runbook has to do. */
export function isHousekeeping(statement: Statement, walk: Walk): boolean {
  if (statement.type === 'comment') return true
  if (statement.type === 'group') return statement.body.every((inner) => isHousekeeping(inner, walk))
  if (statement.type !== 'pipeline') return false
  return statement.commands.every((command) => {
    const name = nameOf(command) ?? ''
    if (command.words.length === 0)
      return command.sets.every(({ value }) => value.parts.every((part) => 'text' in part))
    return PRINTS.test(name) || ENDS.test(name) || KEEPS.test(name) || isPrinter(name, walk)
  })
}

/** A statement that stays as text for a person. */
export function asText({ start, end }: Statement, { source, firstLine }: Walk, because: string): Item {
  return { is: 'text', because, ...placeOf(source, start, end, firstLine) }
}

/** A statement that stays as a comment. */
export function asComment({ start, end }: Statement, { source, firstLine }: Walk, because: string): Item {
  return { is: 'comment', because, ...placeOf(source, start, end, firstLine) }
}

const PRINTS = /^(echo|printf|cat|tput|clear|figlet|date|tee|log|info|warn|error|say|die|usage)$/
const ENDS = /^(exit|return|true|false|:|break|continue)$/
const KEEPS =
  /^(set|shopt|trap|source|\.|cd|pushd|popd|unset|umask|alias|shift|hash|type|which|command|mkdir|touch|wait|jobs|read|\[|\[\[|test)$/
const SETS = /^(export|local|readonly|declare|typeset)$/
const SHOWS = /^(tee|cat|head|tail|jq|yq|grep|egrep|less|more|awk|sed|sort|uniq|column|wc|cut|tr)$/

/** Whether anything before it in the same chain of `&&` and `||` only tests something. */
function isConditional(statements: readonly Statement[], at: number): boolean {
  for (let place = at; place > 0 && statements[place]?.follows !== 'always'; place--)
    if (isTest(statements[place - 1])) return true
  return false
}

const TESTS = /^(\[|\[\[|test|grep|egrep|fgrep|pgrep|diff|cmp|false)$/

function isTest(statement: Statement | undefined): boolean {
  if (statement?.type !== 'pipeline') return false
  return statement.negated || statement.commands.some((one) => TESTS.test(nameOf(one) ?? ''))
}

/** A function that only prints. */
function isPrinter(name: string, walk: Walk): boolean {
  const body = walk.functions.get(name)
  return body !== undefined && body.every((statement) => isPrint(statement))
}

function isPrint(statement: Statement): boolean {
  if (statement.type === 'comment') return true
  if (statement.type !== 'pipeline') return false
  return statement.commands.every(
    (one) => one.words.length === 0 || /^(echo|printf|cat|tee|date|exit|return)$/.test(nameOf(one) ?? ''),
  )
}

function afterFailure(statement: Statement, walk: Walk): Item {
  if (isHousekeeping(statement, walk))
    return asComment(statement, walk, 'A failed step parks the run and pages a person; nothing has to catch it.')
  return asText(statement, walk, 'It is done only if the line before fails, which a person has to judge.')
}

function pipeline(statement: Statement & { type: 'pipeline' }, walk: Walk): Item[] {
  const { commands, background, negated } = statement
  const place = placeOf(walk.source, statement.start, statement.end, walk.firstLine)
  const command = significant(commands)
  if (!command) return [{ is: 'text', because: 'What flows through these pipes only a shell can tell.', ...place }]
  if (command.words.length === 0) return assignments(command, walk).map((item) => ({ ...item, ...place }))
  const [first, ...words] = command.words
  const name = (first && resolve(first, walk.scope)?.split('/').at(-1)) ?? ''
  if (SETS.test(name)) return exported(words, walk).map((item) => ({ ...item, ...place }))
  const body = walk.functions.get(name)
  if (body && !isPrinter(name, walk)) return called(name, body, words, place, walk)
  const became = simple(name, words, walk, statement)
  if (!became) return [{ is: 'comment', because: SAID, ...place }]
  const elsewhere = command.sets.find((set) => PLACES.test(set.name))
  if (elsewhere && became.as === 'step')
    return [{ is: 'command', became: manual(`${elsewhere.name}, set for this command only, ${PLACED}`), ...place }]
  if ((background || negated) && became.as === 'step')
    return [{ is: 'command', became: manual('It runs in the background, or is meant to fail.'), ...place }]
  return [{ is: 'command', became, ...place }]
}

/** Variables that say where a command acts. */
const PLACES =
  /^(KUBE\w*|AWS_(?!SECRET|ACCESS|SESSION)\w*|HELM_\w*|ARGOCD_\w*|DATABASE_URL|PG(HOST|PORT|DATABASE)|\w*_ENV)$/
const PLACED = 'says where it acts: that must be a connection or an environment of the configuration.'

const SAID = 'It prints, or keeps the shell in order; Unwind writes its own timeline.'

/** What a simple command is; undefined where it does nothing that matters. */
function simple(name: string, words: readonly Word[], walk: Walk, statement: Statement): Became | undefined {
  const args = words.map((word) => resolve(word, walk.scope))
  if (name === 'sleep') {
    const time = durationOf(args[0])
    return time
      ? { as: 'step', step: { kind: 'wait', for: time }, object: `wait ${statement.start}` }
      : manual('How long is not clear.')
  }
  if (name === 'read') return manual('It asks whoever runs the script.')
  const found = recognise(name, args, walk.around)
  if (found?.as === 'step') walk.around.met(found.step.kind, found.object)
  if (found) return withGrep(found, statement)
  if (isHousekeeping(statement, walk)) return undefined
  return manual(
    name === '' ? 'Which command it is only a shell can tell.' : `Import does not know the command ${name}.`,
  )
}

/** `curl … | grep -q ok` looks for a text in the answer, `curl -w '%{http_code}' … | grep 200` at its status. */
function withGrep(found: Became, statement: Statement): Became {
  const [first, last, ...more] = statement.type === 'pipeline' ? statement.commands : []
  if (!last || found.as !== 'step') return found
  if (/^(tee|cat)$/.test(nameOf(last) ?? '')) return found
  const [, ...words] = last.words.map(literal)
  const [pattern, ...others] = words.filter((word) => !word?.startsWith('-'))
  const plain = words.every((word) => !word?.startsWith('-') || /^(-[qFEso]+|--quiet|--fixed-strings)$/.test(word))
  const measured = found.step['all']
  const known = plain && others.length === 0 && more.length === 0 && pattern && !/[\\^$*+?[\]|(){}]/.test(pattern)
  if (nameOf(last) !== 'grep' || !Array.isArray(measured) || !known)
    return manual('What the pipe makes of it only a shell can tell.')
  const asked = (first?.words ?? []).map((word) => literal(word) ?? '')
  if (!asked.some((word) => /http_code|^--(head|include)$|^-[A-Za-z]*[Ii]/.test(word)))
    return { ...found, step: { ...found.step, all: [{ ...measured[0], contains: pattern }] } }
  const status = /^(?:HTTP\/[\d.]+ )?([2-5]\d\d)(?: OK)?$/.exec(pattern)?.[1]
  if (!status) return manual('What it looks for stands in the headers of the answer, which a check does not read.')
  return { ...found, step: { ...found.step, all: [{ ...measured[0], status: Number(status) }] } }
}

/** The command of a pipe that acts; undefined where more than one does. */
function significant(commands: readonly Command[]): Command | undefined {
  const [first, ...rest] = commands
  if (
    rest.length === 1 &&
    /^(echo|yes|printf)$/.test(nameOf(first ?? NOTHING) ?? '') &&
    !SHOWS.test(nameOf(rest[0] ?? NOTHING) ?? '')
  )
    return rest[0]
  return rest.every((command) => SHOWS.test(nameOf(command) ?? '')) ? first : undefined
}

const NOTHING: Command = { sets: [], words: [], redirects: [] }

type Bare = { is: 'comment'; because: string } | { is: 'command'; became: Became }

function assignments({ sets }: Command, walk: Walk): Bare[] {
  return sets.map(({ name, value }) => assigned(name, value, walk))
}

function exported(words: readonly Word[], walk: Walk): Bare[] {
  const found = words.flatMap((word): Bare[] => {
    const set = /^([A-Za-z_]\w*)=/.exec(word.raw)
    if (!set?.[1]) return []
    const [first, ...rest] = word.parts
    const text = first && 'text' in first ? first.text.slice(set[0].length) : ''
    return [assigned(set[1], { parts: [{ text }, ...rest], raw: word.raw.slice(set[0].length) }, walk)]
  })
  return found.length > 0 ? found : [{ is: 'comment', because: SAID }]
}

function assigned(name: string, value: Word, walk: Walk): Bare {
  const looked = value.parts.find((part) => 'lookup' in part)
  if (looked && 'lookup' in looked) return lookup(name, looked.lookup, walk)
  const bound = bind(name, value, walk.scope)
  if (bound === 'parameter') return { is: 'comment', because: 'It is a parameter of the runbook where a step uses it.' }
  if (bound === 'value') return { is: 'comment', because: 'Its value stands in the steps that use it.' }
  return { is: 'comment', because: 'What it holds only a shell can tell; what uses it stays as text.' }
}

/** A call puts the function's commands in its place, with its arguments. */
function called(
  name: string,
  body: readonly Statement[],
  words: readonly Word[],
  place: Omit<Item & { is: 'text' }, 'is' | 'because'>,
  walk: Walk,
): Item[] {
  const call: Item = { is: 'comment', because: `What the function ${name} does stands here.`, ...place }
  if (walk.called.has(name)) return [{ ...call, is: 'text', because: `The function ${name} is called again.` }]
  walk.called.add(name)
  const values = new Map(walk.scope.values)
  for (const [at, word] of words.entries()) values.set(String(at + 1), resolve(word, walk.scope))
  return [call, ...walkStatements(body, { ...walk, scope: { ...walk.scope, values } })]
}
