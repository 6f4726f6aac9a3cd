import type { ParameterValue } from '../runbook/compiled.ts'
import { compile } from './check.ts'

/**
 * An expression of an embedded runbook as the run that embeds it can evaluate it: parameters become their values, steps
 * get the names that they have there. What can't be parsed is left as it is; `checkExpression` says so.
 */
export function embedExpression(
  source: string,
  parameters: Readonly<Record<string, ParameterValue>>,
  renamed: (step: string) => string,
): string {
  const compiled = compile(source)
  if ('problems' in compiled) return source
  let text = source
  for (const { start, names } of compiled.named.paths.toReversed()) {
    const [root, first] = names
    const value = first && literal(root?.name, first.name, parameters, renamed)
    if (first && value !== undefined) text = text.slice(0, start) + value + text.slice(endOf(source, first.range))
  }
  return text
}

function literal(
  root: string | undefined,
  name: string,
  parameters: Readonly<Record<string, ParameterValue>>,
  renamed: (step: string) => string,
): string | undefined {
  if (root === 'steps') return `steps[${JSON.stringify(renamed(name))}]`
  const value = root === 'parameters' && Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (value === undefined) return undefined
  return JSON.stringify(value)
}

/** An index in brackets ends behind its bracket. */
function endOf(source: string, { start, end }: { start: number; end: number }): number {
  return source[start] === '"' || source[start] === "'" ? source.indexOf(']', end) + 1 : end
}
