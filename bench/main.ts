import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { say } from '../tools/find/progress.ts'
import type { Bench, Figure } from './parts/figure.ts'
import { machine, writeFigures } from './parts/readme.ts'
import { markdown, table } from './parts/render.ts'

const FOLDER = new URL('./', import.meta.url)
const MAIN = 'main.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, write: { type: 'boolean' }, runs: { type: 'string' } },
})
const [asked] = positionals
if (asked === undefined) await list()
else process.exitCode = await measure(asked)

async function list(): Promise<void> {
  console.log('npm run bench -- <name>|all [--runs N] [--json] [--write]\n')
  for (const name of await names()) {
    const { title, figures, goals, most, runs } = await load(name)
    console.log(`${name.padEnd(14)}${title} (${runs} runs by itself)`)
    for (const [figure, sides] of Object.entries(figures)) {
      const goal = goals?.[figure] === undefined ? '' : `; goal: ratio ≤ ${goals[figure]}`
      const bound = most?.[figure] === undefined ? '' : `; goal: ours ≤ ${most[figure]}`
      console.log(`${''.padEnd(14)}${figure}: ${sides}${goal}${bound}`)
    }
  }
}

async function measure(name: string): Promise<number> {
  const known = await names()
  const wanted = name === 'all' ? known : known.filter((one) => one === name)
  if (wanted.length === 0) {
    console.error(`there is no bench ${JSON.stringify(name)}; there is: ${known.join(', ')}, all`)
    return 1
  }
  const benches = await Promise.all(wanted.map(load))
  const figures: Figure[] = []
  for (const bench of benches) {
    say(`${bench.title} …`)
    figures.push(...(await bench.measure(runs() ?? bench.runs)))
  }
  if (values.write) await writeFigures(markdown(figures, benches))
  console.log(values.json ? JSON.stringify(figures, null, 2) : `${machine()}\n\n${table(figures, benches)}`)
  return 0
}

function runs(): number | undefined {
  if (values.runs === undefined) return undefined
  const wanted = Number(values.runs)
  if (!Number.isSafeInteger(wanted) || wanted < 1) throw new Error('--runs needs a whole number above 0')
  return wanted
}

/** Every file of this folder but this one is a bench. */
async function names(): Promise<string[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== MAIN)
  return files.map((entry) => entry.name.slice(0, -'.ts'.length)).sort()
}

async function load(name: string): Promise<Bench> {
  const { bench } = (await import(new URL(`${name}.ts`, FOLDER).href)) as { bench: Bench }
  return bench
}
