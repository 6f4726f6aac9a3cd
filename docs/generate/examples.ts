import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

const FOLDER = new URL('../../examples/', import.meta.url)

/**
 * The first step of a kind in examples/, with where it stands; the folder of the kind's own name is looked at first.
 * Throws when there is none: a kind without an example can't be understood.
 */
export async function exampleOf(kind: string): Promise<string> {
  const names = await readdir(fileURLToPath(FOLDER), { recursive: true })
  const files = names.filter((name) => /\.(ya?ml|json)$/.test(name)).map((name) => name.replaceAll('\\', '/'))
  const own = (name: string) => (name.startsWith(`${kind}/`) ? 0 : 1)
  for (const file of files.toSorted().toSorted((a, b) => own(a) - own(b))) {
    const step = stepIn(parse(await readFile(new URL(file, FOLDER), 'utf8')), kind)
    if (step)
      return `\`\`\`yaml\nsteps:\n${indented(stringify([step]))}\`\`\`\n\nFrom [examples/${file}](../examples/${file}).`
  }
  throw new Error(`no file in examples/ has a step of kind ${kind}; write examples/${kind}/rollback.json`)
}

/** The first object of this kind in any list of steps, however deep. */
function stepIn(value: unknown, kind: string): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    const step: unknown = value.find((entry) => isStep(entry, kind))
    if (typeof step === 'object' && step !== null) return step
  }
  for (const inner of Object.values(value)) {
    const step = stepIn(inner, kind)
    if (step) return step
  }
  return undefined
}

function isStep(value: unknown, kind: string): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}
