import type { Word } from './shell/word.ts'

/** What is known of variables: their text, with parameters written as templates; undefined where only a run would know. */
export interface Scope {
  values: Map<string, string | undefined>
  parameters: Map<string, Parameter>
}

export interface Parameter {
  type: 'string'
  default?: string
  enum?: string[]
  description?: string
}

/** The text of a word with variables put in; one that nobody has set becomes a parameter. */
export function resolve({ parts }: Word, scope: Scope): string | undefined {
  let text = ''
  for (const part of parts) {
    const piece =
      'text' in part ? part.text : 'variable' in part ? valueOf(part.variable, part.fallback, scope) : undefined
    if (piece === undefined) return undefined
    text += piece
  }
  return text
}

/** What `NAME=value` binds. `${1:-production}` makes NAME itself the parameter, so that it has a name that says something. */
export function bind(name: string, value: Word, scope: Scope): 'value' | 'parameter' | 'unknown' {
  const [first, ...rest] = value.parts.filter((part) => !('text' in part) || part.text !== '')
  if (first && 'variable' in first && rest.length === 0 && !scope.values.has(first.variable) && !isSecret(name)) {
    const parameter = parameterName(name)
    declare(parameter, scope, first.fallback)
    scope.values.set(name, template(parameter))
    return 'parameter'
  }
  const text = isSecret(name) ? undefined : resolve(value, scope)
  scope.values.set(name, text)
  return text === undefined ? 'unknown' : 'value'
}

/** `{{ parameters.name }}`. */
export function template(parameter: string): string {
  return `{{ parameters.${parameter} }}`
}

/** `TARGET_REVISION`, `target-revision` and `1` as the name of a parameter. */
export function parameterName(variable: string): string {
  if (/^\d+$/.test(variable)) return `argument${variable}`
  const words = variable.split(/[^A-Za-z0-9]+/).filter(Boolean)
  const lower = words.map((word) => (/^[A-Z0-9]+$/.test(word) ? word.toLowerCase() : word))
  const [first = 'value', ...rest] = lower
  const name = [
    first[0]?.toLowerCase() + first.slice(1),
    ...rest.map((word) => word[0]?.toUpperCase() + word.slice(1)),
  ].join('')
  return /^[A-Za-z]/.test(name) ? name.slice(0, 63) : `value${name}`.slice(0, 63)
}

/** Whether a name speaks of something that must never be a parameter or stand in a document. */
export function isSecret(name: string): boolean {
  return /TOKEN|SECRET|PASSW|PWD|CREDENTIAL|API_?KEY|PRIVATE|WEBHOOK/i.test(name)
}

function valueOf(variable: string, fallback: string | undefined, scope: Scope): string | undefined {
  if (scope.values.has(variable)) return scope.values.get(variable)
  if (/WEBHOOK|SLACK/i.test(variable)) return `$${variable}`
  if (isSecret(variable) || OF_THE_SHELL.has(variable)) return undefined
  const parameter = parameterName(variable)
  declare(parameter, scope, fallback)
  return template(parameter)
}

const OF_THE_SHELL = new Set([
  'HOME',
  'PWD',
  'USER',
  'HOSTNAME',
  'PATH',
  'RANDOM',
  'SHELL',
  'OLDPWD',
  'REPLY',
  'LINENO',
  '0',
])

function declare(parameter: string, { parameters }: Scope, fallback: string | undefined): void {
  if (parameters.has(parameter)) return
  parameters.set(parameter, { type: 'string', ...(fallback !== undefined && fallback !== '' && { default: fallback }) })
}
