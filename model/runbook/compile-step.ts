import { commonFields, compileStep, connectionOf, invalidStep, own } from '../compile.ts'
import { milliseconds, readable } from '../duration.ts'
import { UnwindError } from '../errors.ts'
import { compileMeasurement } from '../measurement.ts'
import type { ApprovalRule } from '../policy.ts'
import type { CompiledStep } from '../run.ts'
import type { CompiledMeasurement } from './compiled.ts'
import type { Runbook } from './document.ts'
import type { Expanded } from './expand.ts'
import type { Around } from './loaded.ts'
import { type CheckStep, ENGINE_SCHEMAS, type EngineStep, isEngineStep, type TargetStep } from './steps.ts'

/** Titles are read in lists and in Temporal's own pages. */
const TITLE_LIMIT = 160

/** One step of a runbook in the form that the engine carries out. Throws INVALID_REQUEST and FORBIDDEN, with its path. */
export function compileStepOf(
  expanded: Expanded,
  all: readonly Expanded[],
  environment: string,
  around: Around,
): CompiledStep {
  const { step, procedure, group, when, cluster } = expanded
  const compiled = isEngineStep(step)
    ? engineStep(step, expanded, { all, environment, around })
    : changeStep(step, expanded, environment, around)
  const { when: _when, ...rest } = compiled
  const title = cluster === undefined ? rest.title : clipped(`${cluster}: ${rest.title}`)
  return { ...rest, title, procedure, ...(group !== undefined && { group }), ...(when !== undefined && { when }) }
}

function changeStep(
  step: TargetStep,
  { id, at, inherited, release }: Expanded,
  environment: string,
  { configuration, kinds }: Around,
): CompiledStep {
  const kind = own(kinds, step.kind)
  const defaults = Object.entries(inherited).filter(([key]) => kind?.inherits.includes(key))
  const follows = release !== undefined && kind && 'to' in kind.schema.shape && step['to'] === undefined
  // The name within the run may be longer than a step's own id may be.
  const { id: _id, ...written } = { ...Object.fromEntries(defaults), ...step, ...(follows && { to: release }) }
  return { ...compileStep(written, at, environment, configuration, kinds), id }
}

interface Surrounded {
  all: readonly Expanded[]
  environment: string
  around: Around
}

function engineStep(written: EngineStep, expanded: Expanded, surrounded: Surrounded): CompiledStep {
  const { id, at } = expanded
  const { id: _id, ...bare } = written
  const parsed = ENGINE_SCHEMAS[written.kind].safeParse(bare)
  if (!parsed.success) throw invalidStep(at, parsed.error)
  const step = parsed.data as EngineStep
  const base = { id, kind: step.kind, connection: 'unwind', step: { ...step }, ...commonFields(step, at) }
  switch (step.kind) {
    case 'check':
      return { ...base, role: 'check', ...checkOf(step, expanded, surrounded) }
    case 'wait': {
      const wait = milliseconds(step.for)
      return { ...base, role: 'wait', title: `wait ${readable(wait)}`, asked: { text: `wait ${step.for}`, wait } }
    }
    case 'manual':
      return { ...base, role: 'manual', title: clipped(step.text), asked: { text: step.text } }
    case 'approve': {
      const {
        text = 'the rest of the run',
        min = 1,
        groups = [],
        self = false,
        expires = '30m',
        remind,
        escalate,
      } = step
      const rule = ruleOf({ min, groups, self, expires, remind, escalate })
      return { ...base, role: 'approve', title: clipped(`approve ${text}`), asked: { text, rule } }
    }
    case 'notify': {
      const { text, channels } = step
      return { ...base, role: 'notify', title: clipped(`tell ${channels.join(', ')}`), asked: { text, channels } }
    }
    case 'runbook':
      throw new UnwindError('INTERNAL', `${at}: a runbook step is put in before steps are compiled`)
  }
}

type Rule = NonNullable<NonNullable<Runbook['policy']>['approvals']>[number]

/** A rule for approvals as a run carries it, its times in milliseconds. */
export function ruleOf({ when, min, groups, self, expires, remind, escalate }: Rule): ApprovalRule {
  return {
    ...{ min, groups, self, expires: milliseconds(expires) },
    ...(when !== undefined && { when }),
    ...(remind && { remind: milliseconds(remind) }),
    ...(escalate && { escalate: milliseconds(escalate) }),
  }
}

/** What a check measures, and the one place where that is done: its first connection, on the queue of all of them. */
function checkOf(
  step: CheckStep,
  expanded: Expanded,
  surrounded: Surrounded,
): Pick<CompiledStep, 'title' | 'connection' | 'check' | 'taskQueue'> {
  const measured = step.all.map((each, index) =>
    measurementOf(each, `${expanded.at}.all[${index}]`, expanded, surrounded),
  )
  const queues = [...new Set(measured.map(({ taskQueue }) => taskQueue))]
  if (queues.length > 1)
    throw new UnwindError(
      'INVALID_REQUEST',
      `${expanded.at} measures over connections whose workers poll different queues; make a check for each`,
    )
  const { every = '15s', within = '5m', consecutive = 1, failureLimit, inconclusiveLimit, warmUp = '0s' } = step
  const measurements = measured.map(({ measurement }) => measurement)
  return {
    title: clipped(measurements.map(({ title }) => title).join(', ')),
    connection: measured.find(({ connection }) => connection !== undefined)?.connection ?? 'unwind',
    ...(queues[0] && { taskQueue: queues[0] }),
    check: {
      ...{ every: milliseconds(every), within: milliseconds(within), consecutive, warmUp: milliseconds(warmUp) },
      ...(failureLimit !== undefined && { failureLimit }),
      ...(inconclusiveLimit !== undefined && { inconclusiveLimit }),
      measurements,
    },
  }
}

function measurementOf(
  written: Record<string, unknown>,
  at: string,
  { procedure, cluster }: Expanded,
  { all, environment, around }: Surrounded,
): { measurement: CompiledMeasurement; connection?: string; taskQueue?: string } {
  const { measurements, configuration } = around
  const name = Object.keys(measurements).find((key) => Object.hasOwn(written, key))
  const kind = name === undefined ? undefined : measurements[name]
  if (name === undefined || !kind)
    throw new UnwindError(
      'INVALID_REQUEST',
      `${at} measures nothing known; there is: ${Object.keys(measurements).join(', ')}`,
    )
  const { of } = written
  // A step of an embedded runbook has a longer name than a document may write.
  const parsed = kind.schema.safeParse(
    kind.of === undefined || of === undefined ? written : { ...written, [kind.of]: 'step' },
  )
  if (!parsed.success) throw invalidStep(at, parsed.error)
  if (kind.of !== undefined && typeof of === 'string') {
    const measurement = compileMeasurement(name, { ...parsed.data, [kind.of]: of }, measurements)
    const step = all.find((other) => other.procedure === procedure && other.id === of)?.step
    if (!step || isEngineStep(step))
      throw new UnwindError('INVALID_REQUEST', `${at}: there is no step ${of} that changes something`)
    const expanded = all.find((other) => other.step === step) as Expanded
    const { connection, taskQueue } = changeStep(step, expanded, environment, around)
    return { measurement, connection, ...(taskQueue && { taskQueue }) }
  }
  const { connection: asked } = kind
  if (asked === undefined) return { measurement: compileMeasurement(name, parsed.data, measurements) }
  const there = asked.kind === 'kubernetes' ? cluster : undefined
  const named = parsed.data[asked.field] ?? there ?? onlyOf(asked.kind, environment, at, around)
  const spec = { ...parsed.data, [asked.field]: named }
  const route = connectionOf(spec, asked.field, at, environment, configuration)
  const found = own(configuration.connections, route.connection)
  if (found?.kind !== asked.kind)
    throw new UnwindError('INVALID_REQUEST', `${at}: ${route.connection} is of kind ${found?.kind}, not ${asked.kind}`)
  const refused = kind.refuses?.(spec, found)
  if (refused) throw new UnwindError('INVALID_REQUEST', `${at}: ${refused}`)
  return { measurement: compileMeasurement(name, spec, measurements), ...route }
}

/** The connection that is meant where none is named: the only one of its kind there. Throws INVALID_REQUEST. */
function onlyOf(kind: string, environment: string, at: string, { configuration }: Around): string {
  const names = Object.entries(configuration.connections).flatMap(([name, entry]) =>
    entry.kind === kind && entry.environment === environment ? [name] : [],
  )
  const [only] = names
  if (only !== undefined && names.length === 1) return only
  const there = names.length > 1 ? `has ${names.length}; name one of ${names.join(', ')}` : 'has none in unwind.yaml'
  throw new UnwindError('INVALID_REQUEST', `${at} needs a connection of kind ${kind}, and ${environment} ${there}`)
}

function clipped(text: string): string {
  return text.length > TITLE_LIMIT ? `${text.slice(0, TITLE_LIMIT - 1)}…` : text
}
