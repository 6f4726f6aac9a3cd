import type { Configuration } from './configuration.ts'
import { policyOf } from './configuration.ts'
import { milliseconds } from './duration.ts'
import { UnwindError } from './errors.ts'
import type { Actor } from './policy.ts'
import type { Kinds } from './request.ts'
import { type CompiledStep, DEFAULT_LIMITS, type RunInput } from './run.ts'
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
  const environment = own(configuration.environments, request.environment)
  if (!environment) throw unknown('environment', request.environment, Object.keys(configuration.environments))
  const policy = policyOf(environment)
  if (!policy.inline)
    throw new UnwindError('FORBIDDEN', `${request.environment} takes no inline rollbacks; name a runbook instead`)
  const steps = request.steps.map((step, index) => compileStep(step, index, request.environment, configuration, kinds))
  refuseTwins(steps)
  const refused = steps.find((step) => policy.kinds && !policy.kinds.includes(step.kind))
  if (refused) throw new UnwindError('FORBIDDEN', `${request.environment} does not allow steps of kind ${refused.kind}`)
  return {
    format: 1,
    service: request.service,
    environment: request.environment,
    reason: request.reason,
    ...(request.incident && { incident: request.incident }),
    startedBy,
    steps,
    policy,
    accept: request.accept ?? [],
    limits: { ...DEFAULT_LIMITS, heartbeat: milliseconds(configuration.worker.heartbeat) },
    ...(configuration.archive && { archive: true }),
  }
}

/** One step with its environment's defaults, its connection and its queue. `towards` is the recorded state of an undo. */
export function compileStep(
  step: Record<string, unknown>,
  index: number,
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
  if (!parsed.success) throw new UnwindError('INVALID_REQUEST', `steps[${index}]: ${parsed.error.issues[0]?.message}`)
  const full = parsed.data as Record<string, unknown>
  const connection = connectionOf(full, kind.connection, index, environmentName, configuration)
  const { id, timeout, optional, onFailure } = full as {
    id?: string
    timeout?: string
    optional?: boolean
    onFailure?: 'compensate'
  }
  return {
    id: id ?? `${String(full['kind'])}-${index + 1}`,
    kind: String(full['kind']),
    title: kind.title(parsed.data),
    ...connection,
    step: full,
    optional: optional ?? false,
    onFailure: onFailure ?? 'pause',
    ...(timeout && { timeout: milliseconds(timeout) }),
    ...(towards && { towards }),
  }
}

function connectionOf(
  step: Record<string, unknown>,
  field: string,
  index: number,
  environment: string,
  configuration: Configuration,
): { connection: string; taskQueue?: string } {
  const name = step[field]
  if (typeof name !== 'string')
    throw new UnwindError(
      'INVALID_REQUEST',
      `steps[${index}] names no ${field}, and ${environment} has no default for it`,
    )
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

function unknown(what: string, name: string, known: string[]): UnwindError {
  const list = known.length > 0 ? known.slice(0, 20).join(', ') : 'none is configured'
  return new UnwindError('INVALID_REQUEST', `${what} ${JSON.stringify(name)} is not known; there is: ${list}`)
}
