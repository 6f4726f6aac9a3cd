import type { Description, Shape } from './description.ts'
import { Fault } from './fault.ts'

/** A value in words. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Values as the operations of the model take and give them: named as in the description. */
export type Value = Record<string, unknown>

/**
 * Reads a request of the AWS Query protocol by the shape of its operation: a parameter that AWS does not know, a
 * required one that is missing or a value of another type is refused, as AWS refuses it.
 */
export function readRequest(description: Description, action: string, form: URLSearchParams): Value {
  const input = description.operations[action]?.input
  const tree: Tree = {}
  for (const [path, value] of form) if (path !== 'Action' && path !== 'Version') plant(tree, path.split('.'), value)
  return input ? (readAs(description, input.shape, tree, action) as Value) : {}
}

interface Tree {
  [key: string]: Tree | string
}

function plant(tree: Tree, [first = '', ...rest]: string[], text: string): void {
  if (rest.length === 0) tree[first] = text
  else plant((tree[first] ??= {}) as Tree, rest, text)
}

function readAs(description: Description, name: string, given: Tree | string, at: string): unknown {
  const shape = shapeOf(description, name)
  if (typeof given === 'string') return shape.type === 'list' ? [] : scalar(shape, given, at)
  if (shape.type === 'list') {
    const inner = shape.member?.locationName ?? 'member'
    const [wrong] = Object.keys(given).filter((key) => key !== inner)
    if (wrong !== undefined) throw new Fault('MalformedInput', `${at} holds ${wrong}, not ${inner}`)
    const items = Object.entries(given[inner] as Tree).sort(([a], [b]) => Number(a) - Number(b))
    return items.map(([index, item]) => readAs(description, shape.member?.shape ?? '', item, `${at}.${index}`))
  }
  return structure(description, shape, given, at)
}

function structure(description: Description, shape: Shape, given: Tree, at: string): Value {
  const { members = {}, required = [] } = shape
  const missing = required.find((key) => !(key in given))
  if (missing !== undefined) throw new Fault('MissingParameter', `The request must contain the parameter ${missing}.`)
  const read = Object.entries(given).map(([key, item]) => {
    const member = members[key]
    if (!member) throw new Fault('MalformedInput', `${at} has no parameter ${key}`)
    return [key, readAs(description, member.shape, item, `${at}.${key}`)]
  })
  return Object.fromEntries(read) as Value
}

function scalar({ type, enum: allowed }: Shape, text: string, at: string): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if ((type === 'integer' || type === 'long') && /^-?\d+$/.test(text)) return Number(text)
  if (type === 'double' && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text)
  if (type === 'timestamp' && !Number.isNaN(Date.parse(text))) return new Date(text)
  if (type === 'string' && (!allowed || allowed.includes(text))) return text
  throw new Fault('InvalidParameterValue', `${at} can't be ${JSON.stringify(text)}`)
}

/** Writes an answer by the shape of its operation; a member that AWS does not know, or of another type, is an error of the model. */
export function writeAnswer(description: Description, action: string, result: Value): string {
  const output = description.operations[action]?.output
  const inner = output
    ? `<${output.resultWrapper}>${members(description, shapeOf(description, output.shape), result, action)}</${output.resultWrapper}>`
    : ''
  const meta = '<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>'
  return `<${action}Response xmlns="http://rds.amazonaws.com/doc/2014-10-31/">${inner}${meta}</${action}Response>`
}

/** The answer to a request that failed. */
export function writeFault({ code, message, status }: Fault): string {
  const type = status < 500 ? 'Sender' : 'Receiver'
  return `<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>${type}</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>`
}

function members(description: Description, { members: known = {} }: Shape, value: Value, at: string): string {
  const [odd] = Object.keys(value).filter((key) => !known[key])
  if (odd !== undefined) throw new Error(`${at} answers ${odd}, which RDS does not have`)
  return Object.entries(known)
    .filter(([key]) => value[key] !== undefined)
    .map(([key, { shape }]) => `<${key}>${write(description, shape, value[key], `${at}.${key}`)}</${key}>`)
    .join('')
}

function write(description: Description, name: string, value: unknown, at: string): string {
  const shape = shapeOf(description, name)
  if (shape.type === 'structure') return members(description, shape, value as Value, at)
  if (shape.type === 'list') {
    const inner = shape.member?.locationName ?? 'member'
    const items = (value as unknown[]).map((item) => write(description, shape.member?.shape ?? '', item, at))
    return items.map((item) => `<${inner}>${item}</${inner}>`).join('')
  }
  if (shape.type === 'timestamp' && value instanceof Date) return value.toISOString()
  const words = { integer: 'number', long: 'number', double: 'number', boolean: 'boolean', string: 'string' }
  const wanted = words[shape.type as keyof typeof words] as string | undefined
  if (wanted === undefined || typeof value !== wanted) throw new Error(`${at} is no ${shape.type}: ${text(value)}`)
  if (shape.enum && !shape.enum.includes(value as string)) throw new Error(`${at} can't be ${text(value)}`)
  return escaped(text(value))
}

function shapeOf({ shapes }: Description, name: string): Shape {
  const shape = shapes[name]
  if (!shape) throw new Error(`RDS has no shape ${name}`)
  return shape
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
