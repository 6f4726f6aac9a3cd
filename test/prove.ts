import { randomInt } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { UnwindError } from '../model/errors.ts'

/** What a proof tells about one thing that it tried. `detail` says what was seen, and why a failure is one. */
interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** What every file of test/prove exports. `cases` is how many are tried unless `--cases` says otherwise; 1 without it. */
interface Proof {
  title: string
  describe?: string
  cases?: number
  prove(options: { cases: number; seed: number; args: string[] }, report: (line: Line) => void): Promise<void>
}

const FOLDER = new URL('./prove/', import.meta.url)
/** A line of progress after so many cases that passed silently. */
const EVERY = 50

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || name.startsWith('-')) await list()
else process.exitCode = await run(name, rest)

async function list(): Promise<void> {
  console.log('npm run prove -- <name> [--cases N] [--seed S]\n')
  for (const known of await names()) {
    const { title, describe, cases = 1 } = await load(known)
    console.log(`${known.padEnd(14)}${title} (${cases} by itself)`)
    if (describe) console.log(`${''.padEnd(14)}${describe}`)
  }
}

async function run(asked: string, given: string[]): Promise<number> {
  const known = await names()
  if (!known.includes(asked)) {
    console.error(`there is no proof ${JSON.stringify(asked)}; there is: ${known.join(', ')}`)
    return 1
  }
  const proof = await load(asked)
  const { cases = proof.cases ?? 1, seed = randomInt(2 ** 31), args } = read(given)
  console.log(`${proof.title}\nprove ${asked} --cases ${cases} --seed ${seed}`)
  const count = { passed: 0, failed: 0 }
  const report = ({ name: tried, passed, detail }: Line) => {
    count[passed ? 'passed' : 'failed'] += 1
    if (!passed)
      console.log(`FAILED ${tried}: ${detail ?? 'no reason given'} (replay: --cases ${cases} --seed ${seed})`)
    else if (cases <= EVERY || (count.passed + count.failed) % EVERY === 0)
      console.log(`${count.passed + count.failed} tried: ${tried}${detail ? `: ${detail}` : ''}`)
  }
  try {
    await proof.prove({ cases, seed, args }, report)
  } catch (error) {
    report({ name: asked, passed: false, detail: told(error) })
  }
  console.log(`${count.passed} passed, ${count.failed} failed`)
  return count.failed > 0 || count.passed === 0 ? 1 : 0
}

/** Errors that were thrown on purpose say all there is to say; one of the language's own shows where it arose. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const foreseen = error.constructor === Error || error instanceof UnwindError || 'code' in error
  return foreseen ? error.message : (error.stack ?? error.message)
}

/** `--cases` and `--seed` are ours; everything else is the proof's own. */
function read(given: string[]): { cases?: number; seed?: number; args: string[] } {
  const { tokens } = parseArgs({
    args: given,
    strict: false,
    tokens: true,
    options: { cases: { type: 'string' }, seed: { type: 'string' } },
  })
  const found: { cases?: number; seed?: number } = {}
  const ours = new Set<number>()
  for (const token of tokens) {
    if (token.kind !== 'option' || (token.name !== 'cases' && token.name !== 'seed')) continue
    const value = Number(token.value)
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${token.name} needs a whole number`)
    found[token.name] = value
    ours.add(token.index)
    if (token.inlineValue === false) ours.add(token.index + 1)
  }
  return { ...found, args: given.filter((_, index) => !ours.has(index)) }
}

async function names(): Promise<string[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  return files.map((entry) => entry.name.slice(0, -'.ts'.length)).sort()
}

async function load(known: string): Promise<Proof> {
  return (await import(new URL(`${known}.ts`, FOLDER).href)) as Proof
}
