import type { Kinds } from '../request.ts'
import type { MeasurementKinds } from '../measurement.ts'
import type { Branch } from './compiled.ts'
import type { Runbook, RunbookStep } from './document.ts'
import { type Placed, placedSteps, procedureNames } from './placed.ts'
import { type EngineStep, isEngineStep } from './steps.ts'

/** A runbook as people look at it: its questions, and each procedure as a list of steps that stand alone or together. */
export interface Outline {
  name: string
  service: string
  questions: { id: string; question: string; evidence?: string; onYes: Branch; onNo: Branch }[]
  procedures: { name: string; entries: OutlinedStep[][] }[]
}

export interface OutlinedStep {
  id: string
  kind: string
  title: string
  when?: string
}

/** The outline of a document. Parameters are not filled in: what is not known yet is shown as it is written. */
export function outlineOf(document: Runbook, kinds: Kinds, measurements: MeasurementKinds): Outline {
  const { metadata, decision = [], parameters = {} } = document
  const release = Object.entries(parameters).find(([, { type }]) => type === 'release')
  const to = release && String(release[1].default ?? `{{ parameters.${release[0]} }}`)
  const title = (step: RunbookStep) =>
    isEngineStep(step) ? engineTitle(step, measurements) : targetTitle(step, kinds, to)
  const placed = placedSteps(document)
  return {
    name: metadata.name,
    service: metadata.service,
    questions: decision.map(({ id, question, evidence, onYes, onNo }) => ({
      ...{ id, question, onYes, onNo },
      ...(evidence !== undefined && { evidence }),
    })),
    procedures: procedureNames(document).map((name) => ({
      name,
      entries: outlined(
        placed.filter(({ procedure }) => procedure === name),
        title,
      ),
    })),
  }
}

/** What an engine's own step does, as one short phrase. */
export function engineTitle(step: EngineStep, measurements: MeasurementKinds): string {
  switch (step.kind) {
    case 'check':
      return step.all.map((measurement) => measurementTitle(measurement, measurements)).join(', ')
    case 'wait':
      return `wait ${step.for}`
    case 'manual':
      return step.text
    case 'approve': {
      const { min = 1, groups = [] } = step
      return `${step.text ?? 'approval'} (${min} of ${groups.join(', ') || 'anybody'})`
    }
    case 'notify':
      return `tell ${step.channels.join(', ')}: ${step.text}`
    case 'runbook':
      return `runbook ${step.runbook}${step.procedure === undefined ? '' : `, procedure ${step.procedure}`}`
  }
}

function outlined(placed: readonly Placed[], title: (step: RunbookStep) => string): OutlinedStep[][] {
  const entries: OutlinedStep[][] = []
  let last: number | undefined
  for (const { id, step, group, cluster } of placed) {
    const { kind, when } = step
    const text = cluster === undefined ? title(step) : `${cluster}: ${title(step)}`
    const one = { id, kind, title: text, ...(when !== undefined && { when }) }
    if (group !== undefined && group === last) entries.at(-1)?.push(one)
    else entries.push([one])
    last = group
  }
  return entries
}

function targetTitle(step: RunbookStep, kinds: Kinds, to: string | undefined): string {
  const kind = Object.hasOwn(kinds, step.kind) ? kinds[step.kind] : undefined
  if (!kind) return step.kind
  const filled = {
    ...presets(kind.schema.shape),
    ...(to !== undefined && 'to' in kind.schema.shape && { to }),
    ...step,
  }
  return kind.title(filled as never)
}

function measurementTitle(measurement: Record<string, unknown>, measurements: MeasurementKinds): string {
  const name = Object.keys(measurements).find((known) => Object.hasOwn(measurement, known))
  const kind = name === undefined ? undefined : measurements[name]
  return kind?.title({ ...presets(kind.schema.shape), ...measurement }) ?? 'a measurement'
}

/** What the fields of a schema are when nobody sets them. */
function presets(shape: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = Object.entries(shape).flatMap(([name, field]) => {
    const { def } = field as { def?: { type?: string; defaultValue?: unknown } }
    return def?.type === 'default' ? [[name, def.defaultValue]] : []
  })
  return Object.fromEntries(known) as Record<string, unknown>
}
