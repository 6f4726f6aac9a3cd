import type { z } from 'zod'
import type { Configuration } from './configuration.ts'
import { policyOf } from './floor.ts'
import { milliseconds } from './duration.ts'
import { UnwindError } from './errors.ts'
import { checkExpression } from './expression/index.ts'
import type { Actor } from './policy.ts'
import { partsOf, referencesIn } from './reference.ts'
import type { Kinds } from './request.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { CompiledStep, RunInput } from './run.ts'
import type { StepBase } from './runbook/steps.ts'
import type { State } from './target.ts'

/** An inline rollback after its schema has read it. */
export interface Request {
  service: string
  environment: string
  steps: Record<string, unknown>[]
  reason: string
  incident?: string | undefined
  accept?: string[] | undefined
}

/**
 * A request and the configuration become the whole input of a run: connections and queues resolved, defaults of the
 * environment filled in, ids given. Throws INVALID_REQUEST (unknown environment or connection, an id twice) and
 * FORBIDDEN (what the environment's floor does not allow).
 */
export function compile(request: Request, configuration: Configuration, kinds: Kinds, startedBy: Actor): RunInput {
  const { floor } = floorOf(configuration, request.environment)
  const { policy } = floor
  if (!policy.inline)
    throw new UnwindError('FORBIDDEN', `${request.environment} takes no inline rollbacks; name a runbook instead`)
  const steps = request.steps.map((step, index) => compileStep(step, index, request.environment, configuration, kinds))
  refuseTwins(steps)
  refuseDangling(steps, kinds)
  const refused = steps.find((step) => policy.kinds && !policy.kinds.includes(step.kind))
  if (refused) throw new UnwindError('FORBIDDEN', `${request.environment} does not allow steps of kind ${refused.kind}`)
  return {
    format: 1,
    sealsTogether: true,
    service: request.service,
    environment: request.environment,
    reason: request.reason,
    ...(request.incident && { incident: request.incident }),
    startedBy,
    steps,
    accept: request.accept ?? [],
    ...floor,
  }
}

/** What an environment demands of every run there, and what the configuration says for all. Throws INVALID_REQUEST. */
export function floorOf(
  configuration: Configuration,
  name: string,
): {
  environment: Configuration['environments'][string]
  floor: Pick<RunInput, 'policy' | 'limits' | 'archive' | 'ledger'>
} {
  const environment = own(configuration.environments, name)
  if (!environment) throw unknown('environment', name, Object.keys(configuration.environments))
  const limits = { ...DEFAULT_LIMITS, heartbeat: milliseconds(configuration.worker.heartbeat) }
  const kept = { ledger: true as const, ...(configuration.archive && { archive: true }) }
  const floor = { policy: policyOf(environment), limits, ...kept }
  return { environment, floor }
}

/**
 * One step with its environment's defaults, its connection and its queue. `place` is its index, or its path where errors
 * are to name that. `towards` is the recorded state of an undo, which no condition keeps from going back there.
 */
export function compileStep(
  step: Record<string, unknown>,
  place: number | string,
  environmentName: string,
  configuration: Configuration,
  kinds: Kinds,
  towards?: State,
): CompiledStep {
  const kind = own(kinds, String(step['kind']))
  if (!kind) throw unknown('kind', String(step['kind']), Object.keys(kinds))
  const environment: Record<string, unknown> = own(configuration.environments, environmentName) ?? {}
  const inherited = kind.inherits.flatMap((key) =>
    typeof environment[key] === 'string' ? [[key, environment[key]]] : [],
  )
  const parsed = kind.schema.safeParse({ ...Object.fromEntries(inherited), ...step })
  const at = typeof place === 'number' ? `steps[${place}]` : place
  if (!parsed.success) throw invalidStep(at, parsed.error)
  const full = parsed.data as Record<string, unknown>
  const connection = connectionOf(full, kind.connection, at, environmentName, configuration)
  return {
    id: typeof full['id'] === 'string' ? full['id'] : `${String(full['kind'])}-${Number(place) + 1}`,
    kind: String(full['kind']),
    title: kind.title(parsed.data),
    ...connection,
    step: full,
    ...(towards ? { ...withoutCondition(commonFields(full, at)), towards } : commonFields(full, at)),
  }
}

function withoutCondition<Fields extends { when?: string }>({ when: _when, ...others }: Fields): Omit<Fields, 'when'> {
  return others
}

/** What any step may carry, whatever its kind, in the form that the engine reads. Throws INVALID_REQUEST for a bad `when`. */
export function commonFields(
  step: StepBase,
  at: string,
): Pick<CompiledStep, 'optional' | 'onFailure' | 'timeout' | 'when' | 'retry'> {
  const { timeout, optional, onFailure, when, retry } = step
  const [problem] = when === undefined ? [] : checkExpression(when, 'bool')
  if (problem) throw new UnwindError('INVALID_REQUEST', `${at}.when: ${problem.message}`)
  return {
    optional: optional ?? false,
    onFailure: onFailure ?? 'pause',
    ...(timeout && { timeout: milliseconds(timeout) }),
    ...(when !== undefined && { when }),
    ...(retry && { retry: { attempts: retry.attempts, pause: milliseconds(retry.pause) } }),
  }
}

/** The first thing that a step's own schema finds wrong, with its place. */
export function invalidStep(at: string, error: z.ZodError): UnwindError {
  const [issue] = error.issues
  const path = issue && issue.path.length > 0 ? `${at}.${issue.path.join('.')}` : at
  return new UnwindError('INVALID_REQUEST', `${path}: ${issue?.message}`)
}

/** The connection that a field names, and the queue of its workers. Throws INVALID_REQUEST, FORBIDDEN. */
export function connectionOf(
  step: Record<string, unknown>,
  field: string,
  at: string,
  environment: string,
  configuration: Configuration,
): { connection: string; taskQueue?: string } {
  const name = step[field]
  if (typeof name !== 'string')
    throw new UnwindError('INVALID_REQUEST', `${at} names no ${field}, and ${environment} has no default for it`)
  const connection = own(configuration.connections, name)
  if (!connection) throw unknown(field, name, Object.keys(configuration.connections))
  if (connection.environment !== environment)
    throw new UnwindError('FORBIDDEN', `${field} ${name} belongs to ${connection.environment}, not to ${environment}`)
  return { connection: name, ...(connection.taskQueue && { taskQueue: connection.taskQueue }) }
}

/** A name that somebody sent may be one that every object has, such as `constructor`: only what was configured counts. */
export function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function refuseTwins(steps: CompiledStep[]): void {
  const twin = steps.find((step, index) => steps.findIndex((other) => other.id === step.id) < index)
  if (twin) throw new UnwindError('INVALID_REQUEST', `two steps are called ${twin.id}; give each its own id`)
}

/** A reference names a step before, and something that its kind leaves. Throws INVALID_REQUEST. */
export function refuseDangling(steps: readonly CompiledStep[], kinds: Kinds): void {
  for (const [index, { id, step, check, procedure, group }] of steps.entries()) {
    const before = steps
      .slice(0, index)
      .filter((other) => other.procedure === procedure && (group === undefined || other.group !== group))
    for (const reference of referencesIn([step, check?.measurements.map(({ spec }) => spec)])) {
      const named = partsOf(reference)
      const earlier = before.find((other) => other.id === named.step)
      if (!earlier) throw unknown(`${id}: ${reference.ref} names no step before it: step`, named.step, idsOf(before))
      const leaves = own(kinds, earlier.kind)?.leaves ?? []
      if (!leaves.includes(named.field)) throw unknown(`${id}: ${reference.ref}: field`, named.field, [...leaves])
    }
  }
}

function idsOf(steps: readonly CompiledStep[]): string[] {
  return steps.map(({ id }) => id)
}

/** Something that was named and is not there. */
export function unknown(what: string, name: string, known: string[]): UnwindError {
  const list = known.length > 0 ? known.slice(0, 20).join(', ') : 'none is configured'
  return new UnwindError('INVALID_REQUEST', `${what} ${JSON.stringify(name)} is not known; there is: ${list}`)
}
