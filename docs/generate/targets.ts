import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { targets } from '../../activities/registry.ts'
import { kinds } from '../../activities/schemas.ts'
import { Connection } from '../../model/configuration.ts'
import { type StepKind, stepFields } from '../../model/step.ts'
import { checksSections } from './checks.ts'
import { exampleOf } from './examples.ts'
import { type Field, fieldsOf } from './fields.ts'

/**
 * The page of all kinds of steps and measurements, drawn from their schemas and nothing else: fields, types, defaults and the words of
 * `describe`, the connection, the verbs and an example of each. A kind that is registered stands on it.
 */
export async function targetsPage(): Promise<string> {
  const names = Object.keys(kinds).toSorted()
  const sections = await Promise.all(names.map((name) => section(name, kinds[name] as StepKind)))
  return `${[HEAD, overview(names), EVERY_STEP, table(commonFields()), ...sections, ...checksSections(table)].join('\n\n')}\n`
}

const HEAD = `<!-- Written by \`npm run docs\` from the schemas in activities/ and model/. Change those, not this file. -->

# What a step can be

A rollback is a list of steps. The \`kind\` of a step says which system it takes back; the other fields depend on it. A
field that stands in no table is refused, with the nearest one that there is.`

const EVERY_STEP = `## Every step

These fields may stand in a step of every kind.`

function overview(names: string[]): string {
  const rows = names.map((name) => {
    const { title = name, description = '' } = kinds[name]?.schema.meta() ?? {}
    return `| [\`${name}\`](#${name}) | ${title} | ${cell(description)} |`
  })
  return ['| kind | takes back | how |', '| --- | --- | --- |', ...rows].join('\n')
}

async function section(name: string, kind: StepKind): Promise<string> {
  const { title = name, description = '' } = kind.schema.meta() ?? {}
  const own = fieldsOf(kind.schema).filter(
    ({ path }) => path !== 'kind' && !Object.hasOwn(stepFields, path.split('.')[0] ?? ''),
  )
  return [
    `## ${name}`,
    `${title}. ${description}`,
    table(own),
    inherited(kind),
    '### An example',
    await exampleOf(name),
    ...(await connection(name, kind)),
    '### In Temporal',
    await verbs(name),
    ...rights(name),
  ].join('\n\n')
}

function inherited({ inherits }: StepKind): string {
  if (inherits.length === 0) return 'It takes nothing from its environment.'
  return `Where a step does not set them, it takes from its environment: ${inherits.map((field) => `\`${field}\``).join(', ')}.`
}

/** The entry below `connections` that a step of this kind names. */
async function connection(name: string, kind: StepKind): Promise<string[]> {
  const of = (await targets[name]?.())?.connectionKind ?? name
  const schema = Connection.options.find((option) => option.shape.kind.value === of)
  if (!schema) return []
  return [
    '### Its connection',
    `The field \`${kind.connection}\` names an entry below \`connections\` in \`unwind.yaml\`, with \`kind: ${of}\` and:`,
    table(fieldsOf(schema).filter(({ path }) => path !== 'kind')),
  ]
}

const DOES: Readonly<Record<string, string>> = {
  history: 'lists what one could go back to; reads only',
  plan: 'says what would change; reads only',
  apply: 'changes it, by a conditional write',
  verify: 'measures whether it is so, and holds',
  settle: 'lets go of what the step left held, as soon as it can; asked again and again after the run',
}

async function verbs(name: string): Promise<string> {
  const target: Readonly<Record<string, unknown>> = { ...(await targets[name]?.()) }
  const rows = Object.keys(DOES).filter((verb) => typeof target[verb] === 'function')
  return [
    '| activity | what it does |',
    '| --- | --- |',
    ...rows.map((verb) => `| \`${name}.${verb}\` | ${DOES[verb]} |`),
  ].join('\n')
}

/** Folder of a kind's least rights; the one of Kubernetes was there before there were others. */
function rights(name: string): string[] {
  const folder = name === 'kubernetes' ? 'rbac' : `rbac/${name}`
  if (!existsSync(fileURLToPath(new URL(`../${folder}`, import.meta.url)))) return []
  return [`The least rights that a worker needs for it are in [docs/${folder}](${folder}).`]
}

function commonFields(): Field[] {
  return fieldsOf(z.strictObject(stepFields))
}

function table(fields: Field[]): string {
  const rows = fields.map(
    ({ path, type, required, preset, meaning }) =>
      `| \`${path}\`${required ? ' (required)' : ''} | ${cell(type)} | ${preset === undefined ? '' : `\`${preset}\``} | ${cell(meaning)} |`,
  )
  return ['| field | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')
}
