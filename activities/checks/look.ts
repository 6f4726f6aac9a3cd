import type { CheckCall } from '../../model/calls.ts'
import { own } from '../../model/compile.ts'
import type { Configuration } from '../../model/configuration.ts'
import { errors, UnwindError } from '../../model/errors.ts'
import type { Sample } from '../../model/measure.ts'
import type { Check, MeasureContext } from '../../model/measurement.ts'
import type { CompiledMeasurement } from '../../model/runbook/compiled.ts'
import type { Evidence, Target } from '../../model/target.ts'
import type { Connections } from '../connections.ts'

/** What a worker measures with. */
export interface Instruments {
  configuration: Configuration
  connections: Connections
  targets: Readonly<Record<string, () => Promise<Target>>>
  checks: Readonly<Record<string, () => Promise<Check>>>
}

/** What is kept of one look: characters, and measurements that are listed. Every heartbeat carries several looks. */
const SUMMARY_LIMIT = 300
const TITLE_LIMIT = 120
const FACTS_LIMIT = 2_000
const LISTED = 10

/**
 * One look: everything that the check measures, at once. The worst result is the look's own: a failure, then what could
 * not be measured, then inconclusive. Throws what waiting can't mend, such as a connection that is not configured.
 */
export async function look(call: CheckCall, instruments: Instruments, signal: AbortSignal): Promise<Sample> {
  const at = Date.now()
  const results = await Promise.all(
    call.check.measurements.map((measurement) => measureOne(measurement, call, instruments, signal)),
  )
  const status = WORST_FIRST.find((worst) => results.some((result) => result.status === worst)) ?? 'inconclusive'
  return { at, status, evidence: together(results, status, at) }
}

const WORST_FIRST: readonly Sample['status'][] = ['fail', 'error', 'inconclusive', 'pass']

interface Result {
  title: string
  status: Sample['status']
  evidence: Evidence
}

async function measureOne(
  measurement: CompiledMeasurement,
  call: CheckCall,
  instruments: Instruments,
  signal: AbortSignal,
): Promise<Result> {
  const { kind, title } = measurement
  const load = own(instruments.checks, kind)
  if (!load)
    throw new UnwindError('CONFIGURATION_INVALID', `this worker can't measure ${kind}; update the worker and retry`)
  const check = await load()
  try {
    const context = contextOf(measurement, call, instruments, signal)
    return { title, ...(await check.measure(check.schema.parse(measurement.spec), context)) }
  } catch (error) {
    if (signal.aborted || !(error instanceof UnwindError) || !errors[error.code].retryable) throw error
    return { title, status: 'error', evidence: { summary: `not measured: ${error.message}` } }
  }
}

function contextOf(
  measurement: CompiledMeasurement,
  call: CheckCall,
  instruments: Instruments,
  signal: AbortSignal,
): MeasureContext {
  const { connection: name, of } = measurement
  const { service, environment } = call
  return {
    ...{ signal, service, environment },
    ...(name !== undefined && { connection: connectionOf(name, call, instruments.configuration) }),
    ...(of !== undefined && { verify: () => verifyOnce(of, call, instruments, signal) }),
  }
}

function connectionOf(name: string, call: CheckCall, configuration: Configuration) {
  const entry = own(configuration.connections, name)
  const next = 'correct it, restart the worker and retry'
  if (!entry)
    throw new UnwindError('CONFIGURATION_INVALID', `this worker's unwind.yaml has no connection ${name}; ${next}`)
  const credentials = own(configuration.worker.credentials, name)
  if (entry.environment === call.environment) return { name, entry, ...(credentials && { credentials }) }
  const message = `connection ${name} belongs to ${entry.environment}, not to ${call.environment}; ${next}`
  throw new UnwindError('CONFIGURATION_INVALID', message)
}

/** One `verify` at the state that the run recorded. The series is what a soak would be, so a step's own counts as zero. */
async function verifyOnce(of: string, call: CheckCall, instruments: Instruments, signal: AbortSignal) {
  const measured = own(call.states, of)
  if (!measured)
    throw new UnwindError(
      'VERIFY_INCONCLUSIVE',
      `step ${of} has left no state in this run, so there is nothing to measure`,
    )
  const load = own(instruments.targets, measured.kind)
  if (!load) throw new UnwindError('CONFIGURATION_INVALID', `this worker has no target of kind ${measured.kind}`)
  const target = await load()
  const connection = await instruments.connections.get(measured.connection, measured.kind, target)
  const soakless = 'soak' in target.schema.shape ? { ...measured.step, soak: '0s' } : measured.step
  const { rollbackId, service, environment, actor, reason, since } = call
  const context = { rollbackId, stepId: of, service, environment, actor, reason, connection, signal, since }
  return target.verify(target.schema.parse(soakless), measured.state, context)
}

/** What a look has shown, as it goes into heartbeats, report and history: bounded, the worst first. */
function together(results: readonly Result[], status: Sample['status'], at: number): Evidence {
  const when = { at: new Date(at).toISOString(), status }
  const [only] = results
  if (results.length === 1 && only)
    return { summary: clip(only.evidence.summary), facts: { ...small(only.evidence.facts), ...when } }
  const sorted = WORST_FIRST.flatMap((kind) => results.filter((result) => result.status === kind))
  const passing = results.filter((result) => result.status === 'pass').length
  const worst = sorted[0]?.evidence.summary ?? ''
  return {
    summary: clip(status === 'pass' ? `all ${results.length} pass` : `${passing} of ${results.length} pass; ${worst}`),
    facts: {
      ...when,
      measurements: sorted.slice(0, LISTED).map((result) => ({
        title: clip(result.title, TITLE_LIMIT),
        status: result.status,
        summary: clip(result.evidence.summary, TITLE_LIMIT),
      })),
    },
  }
}

/** Facts that are too large to be carried along with every look are left out; the summary stays. */
function small(facts: Evidence['facts']): Evidence['facts'] {
  return JSON.stringify(facts ?? {}).length > FACTS_LIMIT ? {} : facts
}

function clip(text: string, limit = SUMMARY_LIMIT): string {
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text
}
