import { z } from 'zod'

/** One field of a schema as a page shows it; `path` has dots where it lies inside another. */
export interface Field {
  path: string
  type: string
  required: boolean
  preset: string | undefined
  meaning: string
}

/** The fields of a schema in their order, those of objects inside it behind the object. */
export function fieldsOf(schema: z.ZodType): Field[] {
  const root = z.toJSONSchema(schema, { io: 'input' }) as Json
  const named = root.$defs ?? {}
  return inside(resolved(root, named), named, '')
}

/** As much of JSON Schema as zod writes for our schemas. */
interface Json {
  $ref?: string
  $defs?: Record<string, Json>
  type?: string
  const?: string | number | boolean
  enum?: (string | number)[]
  default?: unknown
  description?: string
  required?: string[]
  properties?: Record<string, Json>
  items?: Json
  additionalProperties?: Json | boolean
  anyOf?: Json[]
  oneOf?: Json[]
}

function inside(schema: Json, named: Record<string, Json>, prefix: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`
    const required = schema.required?.includes(name) === true && property.default === undefined
    const { description = '', default: preset } = property
    const field = {
      ...{ path, required, meaning: description, type: typeOf(property, named) },
      preset: preset === undefined ? undefined : typeof preset === 'string' ? preset : JSON.stringify(preset),
    }
    return [field, ...inside(resolved(property, named), named, `${path}.`)]
  })
}

function resolved(schema: Json, named: Record<string, Json>): Json {
  const name = schema.$ref?.split('/').at(-1)
  return (name === undefined ? undefined : named[name]) ?? schema
}

/** A type in words that people use: text, whole number, duration, list of … */
function typeOf(schema: Json, named: Record<string, Json>): string {
  if (schema.$ref?.endsWith('/Duration')) return 'duration (`500ms`, `10s`, `5m`, `1h`)'
  const known = resolved(schema, named)
  const either = known.anyOf ?? known.oneOf
  if (either) return [...new Set(either.map((one) => typeOf(one, named)))].join(' or ')
  if (known.const !== undefined) return `\`${String(known.const)}\``
  if (known.enum) return known.enum.map((one) => `\`${String(one)}\``).join(' or ')
  if (known.type === 'array') return `list of ${known.items ? typeOf(known.items, named) : 'anything'}`
  if (known.type === 'boolean') return '`true` or `false`'
  return WORDS[known.type ?? ''] ?? 'anything'
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  object: 'fields',
}
