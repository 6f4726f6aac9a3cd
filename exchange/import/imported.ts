import type { MeasurementKinds } from '../../model/measurement.ts'
import type { Kinds } from '../../model/request.ts'
import { ENGINE_SCHEMAS } from '../../model/runbook/steps.ts'
import { templated } from '../../model/runbook/templates.ts'
import type { DraftStep } from './became.ts'

/** What became of a piece of the source. Every line that is not blank lies in at least one finding. */
export interface Finding {
  /** First and last line, from 1. */
  line: number
  end: number
  /** As it was written, with secrets taken out. */
  original: string
  outcome: 'step' | 'asked' | 'ticked' | 'merged' | 'kept' | 'refused'
  /** Where it stands now: `step api (kubernetes)`, `parameter revision`, `comment`. */
  became: string
  reason?: string
  /** Of what was refused: what to do in its place. */
  instead?: string
}

/** What an import gives: the document as YAML and as a value, and what became of each line. */
export interface Imported {
  format: Format
  text: string
  document: Record<string, unknown>
  findings: Finding[]
  /** What the configuration must have for it. */
  needs: Needs
}

export interface Needs {
  /** Connections of kind http, with their origins; empty where the source does not say. */
  connections: Record<string, string>
  /** Queries of a connection of kind prometheus. */
  queries: string[]
  channels: string[]
}

/** How a source is written. */
export type Format = 'runbook' | 'markdown' | 'github-actions' | 'shell'

/** Which steps and measurements a document may hold. Each answers what is wrong with one, or nothing. */
export interface Known {
  steps: Readonly<Record<string, (step: DraftStep) => string | undefined>>
  measurements: Readonly<Record<string, (measurement: Record<string, unknown>) => string | undefined>>
}

/** What is known by the schemas of the kinds that this version has, and of the steps that the engine carries out. */
export function knownBy(kinds: Kinds, measurements: MeasurementKinds): Known {
  const schemas = Object.entries(kinds).map(([kind, { schema }]) => [kind, schema] as const)
  const steps = [...schemas, ...Object.entries(ENGINE_SCHEMAS)].map(([kind, schema]) => [
    kind,
    fault(templated(schema)),
  ])
  const measured = Object.entries(measurements).map(([kind, { schema }]) => [kind, fault(templated(schema))])
  return { steps: Object.fromEntries(steps), measurements: Object.fromEntries(measured) }
}

function fault(schema: ReturnType<typeof templated>): (value: unknown) => string | undefined {
  return (value) => {
    const read = schema.safeParse(value)
    const [first] = read.error?.issues ?? []
    return first ? `${first.path.join('.')}: ${first.message}` : undefined
  }
}
