import { Ajv, type ValidateFunction } from 'ajv'

/** As much of an OpenAPI 3 description as is checked. */
export interface Description {
  paths: Record<string, Record<string, unknown>>
  components?: Record<string, unknown>
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema?: object; $ref?: string }[]
  requestBody?: { required?: boolean; content?: Record<string, { schema?: object }> }
  responses?: Record<string, { content?: Record<string, { schema?: object }>; $ref?: string }>
}

/** Checks what a client sends and what a double answers against a description. */
export interface Contract {
  /** What is wrong with a request; nothing where it is as described. */
  request(method: string, path: string, query: URLSearchParams, body: unknown): string[]
  answer(method: string, path: string, status: number, body: unknown): string[]
}

/**
 * The contract of a description: ajv inside the double, because a proxy process per vendor costs seconds and hundreds of
 * megabytes, and checks the same schemas. Only operations that are used are compiled.
 */
export function contractOf(description: Description): Contract {
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false, unicodeRegExp: false })
  ajv.addSchema({ $id: 'description', ...(withNull(description) as Description) })
  const compiled = new Map<string, ValidateFunction>()
  const paths = Object.keys(description.paths).map((path) => ({ path, pattern: patternOf(path) }))
  const operationOf = (method: string, path: string): [string, Operation] | undefined => {
    const found = paths.find(({ path: each, pattern }) => {
      return pattern.test(path) && description.paths[each]?.[method.toLowerCase()] !== undefined
    })
    if (!found) return undefined
    return [
      `/paths/${pointer(found.path)}/${method.toLowerCase()}`,
      description.paths[found.path]?.[method.toLowerCase()] as Operation,
    ]
  }
  const check = (place: string, value: unknown): string[] => {
    let validate = compiled.get(place)
    if (!validate) {
      validate = ajv.compile({ $ref: `description#${place}` })
      compiled.set(place, validate)
    }
    return validate(value) ? [] : [`${place}: ${ajv.errorsText(validate.errors)}`]
  }
  return {
    request(method, path, query, body) {
      const found = operationOf(method, path)
      if (!found) return [`${method} ${path} is not described`]
      const [place, { parameters = [], requestBody }] = found
      const own = parameters.flatMap((parameter, index) =>
        parameter.in === 'query' && query.has(parameter.name) && parameter.schema
          ? check(`${place}/parameters/${index}/schema`, typed(query.get(parameter.name) ?? '', parameter.schema))
          : parameter.in === 'query' && parameter.required && !query.has(parameter.name)
            ? [`${place}: the parameter ${parameter.name} is missing`]
            : [],
      )
      const [type] = Object.keys(requestBody?.content ?? {})
      if (!type) return own
      if (body === undefined) return requestBody?.required ? [...own, `${place}: the body is missing`] : own
      return [...own, ...check(`${place}/requestBody/content/${pointer(type)}/schema`, body)]
    },
    answer(method, path, status, body) {
      const found = operationOf(method, path)
      if (!found) return []
      const [place, { responses = {} }] = found
      const described = responses[String(status)]
      if (!described) return [`${place}: status ${status} is not described`]
      const [type] = Object.keys(described.content ?? {})
      return type ? check(`${place}/responses/${status}/content/${pointer(type)}/schema`, body) : []
    },
  }
}

/** `nullable` of OpenAPI 3.0 beside something else than a type is none of JSON Schema's, and ajv refuses it. */
function withNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNull)
  if (typeof value !== 'object' || value === null) return value
  const { nullable, ...rest } = value as Record<string, unknown>
  const inner = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, withNull(item)]))
  if (nullable === undefined) return inner
  if (typeof nullable !== 'boolean') return { ...inner, nullable: withNull(nullable) }
  return nullable ? { anyOf: [inner, { type: 'null' }] } : inner
}

/** A query holds texts; numbers and truth values are read as their schema wants them. */
function typed(text: string, schema: object): unknown {
  const { type } = schema as { type?: string }
  if (type === 'integer' || type === 'number') return Number(text)
  if (type === 'boolean') return text === 'true'
  return text
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replaceAll(/\{[^}]+\}/g, '[^/]+')}$`)
}

function pointer(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
}

/** One operation of a description that is written by hand, from what the vendor documents. */
export interface Documented {
  body?: object
  /** Required parameters of the query. */
  query?: Record<string, object>
  answers: Record<number, object>
}

/** A description in OpenAPI's form of operations written as `POST /path/{part}`. */
export function documented(operations: Record<string, Documented>, schemas: Record<string, object> = {}): Description {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const [name, { body, query = {}, answers }] of Object.entries(operations)) {
    const [method = '', path = ''] = name.split(' ')
    const content = (schema: object) => ({ content: { 'application/json': { schema } } })
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: {
        parameters: Object.entries(query).map(([key, schema]) => ({ name: key, in: 'query', required: true, schema })),
        ...(body && { requestBody: { required: true, ...content(body) } }),
        responses: Object.fromEntries(Object.entries(answers).map(([status, schema]) => [status, content(schema)])),
      },
    }
  }
  return { paths, components: { schemas } }
}

/** A schema that stands by its name among those of a description. */
export function named(name: string): object {
  return { $ref: `description#/components/schemas/${name}` }
}

/** A schema of an object: `required` ones first; others only where they are allowed. */
export function object(required: Record<string, object>, optional: Record<string, object> = {}, closed = true): object {
  const properties = { ...required, ...optional }
  return { type: 'object', properties, required: Object.keys(required), additionalProperties: !closed }
}

export const text = (maxLength?: number): object => ({ type: 'string', ...(maxLength && { maxLength }) })
export const list = (items: object, maxItems?: number): object => ({
  type: 'array',
  items,
  ...(maxItems && { maxItems }),
})
export const oneOf = (...values: (string | boolean)[]): object => ({ enum: values })
