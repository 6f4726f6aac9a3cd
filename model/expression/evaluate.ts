import { EvaluationError } from '@marcbachmann/cel-js'
import type { Evaluated } from '../calls.ts'
import type { Facts } from '../runbook/progress.ts'
import { compile } from './check.ts'
import { StepFacts } from './language.ts'
import { inputsOf, keyOf, tooLarge, valueAt } from './inputs.ts'
import type { Path } from './walk.ts'

/**
 * The answer of an expression, with what it was evaluated from. Never throws: whatever is missing, of another type or
 * not valid makes it `unknown`, which says why. What the answer does not depend on may be missing (`x || true`).
 */
export function evaluate(source: string, facts: Facts): Evaluated {
  const compiled = compile(source)
  if ('problems' in compiled)
    return { inputs: {}, unknown: `the expression is not valid: ${compiled.problems[0]?.message}` }
  const { parsed, named } = compiled
  const inputs = inputsOf(named.paths, facts)
  const large = tooLarge(named.paths, facts)
  if (large) return { inputs, unknown: large }
  try {
    const value: unknown = parsed(contextOf(facts))
    if (typeof value === 'boolean') return { inputs, value }
    return { inputs, unknown: `the result is ${nameOf(value)}, not true or false` }
  } catch (error) {
    return { inputs, unknown: because(error, named.paths, facts) }
  }
}

/** Facts as the library takes them: absent where they are unknown, times as Date, whole numbers as bigint. */
function contextOf({ service, environment, parameters, now, alert, release, plan, steps }: Facts) {
  return {
    service,
    environment,
    parameters: mapped(parameters, integer),
    now: new Date(now),
    ...(alert && { alert: bare({ labels: mapped(alert.labels, (label) => label), startsAt: time(alert.startsAt) }) }),
    ...(release && { release: bare({ ...release, deployedAt: time(release.deployedAt) }) }),
    ...(plan && { plan: bare({ ...plan, steps: integer(plan.steps) }) }),
    ...(steps && { steps: mapped(steps, (step) => new StepFacts(step)) }),
  }
}

/** Without a prototype and without what is undefined. */
function bare(record: Record<string, unknown>): Record<string, unknown> {
  return mapped(Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)), (value) => value)
}

function mapped<From, To>(record: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.setPrototypeOf(
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)])),
    null,
  ) as Record<string, To>
}

/** JSON has one kind of number, CEL two: a whole one is an int, so that `parameters.replicas + 1` works. */
function integer<Value>(value: Value): Value | bigint {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
}

function time(text: string | undefined): Date | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : new Date(at)
}

/** What is missing, by the name that the expression gives it; where nothing of a variable is known, the variable. */
function because(error: unknown, paths: readonly Path[], facts: Facts): string {
  if (!(error instanceof EvaluationError)) return "it can't be evaluated with these facts"
  const missing = error.code === 'unknown_variable' || error.code === 'no_such_key'
  const absent = paths.filter((path) => missing && valueAt(path, facts) === undefined)
  const at = error.range?.start ?? 0
  const path = absent.find(({ start, end }) => at >= start && at < end) ?? absent[0]
  if (!path) return error.summary.slice(0, 300)
  const root = { ...path, names: path.names.slice(0, 1) }
  return `${keyOf(valueAt(root, facts) === undefined ? root : path)} is not known`
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint' || typeof value === 'number') return 'a number'
  return typeof value === 'string' ? 'a string' : 'neither'
}
