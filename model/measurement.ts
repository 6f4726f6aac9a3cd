import type { z } from 'zod'
import type { Credentials } from './connections/credentials.ts'
import type { CompiledMeasurement } from './runbook/compiled.ts'
import type { Again, Evidence, Verdict } from './target.ts'

/** A measurement as its schema reads it; the field with the kind's own name tells which it is: `{ http: shop, … }`. */
export type MeasurementSchema = z.ZodObject

/** What a kind of measurement says about itself where no code that acts may be loaded: API, lint and docs live on it. */
export interface MeasurementKind<Schema extends MeasurementSchema = MeasurementSchema> {
  readonly schema: Schema
  /**
   * The kind of connection that is asked, and the field that names one. Where the field may be left out, the only one of
   * that kind in the environment is meant.
   */
  readonly connection?: { readonly kind: string; readonly field: string }
  /** The field that names the step whose object is measured. */
  readonly of?: string
  /** Why it can't be measured over that connection, as its configuration stands; undefined when it can. */
  refuses?(measurement: z.infer<Schema>, connection: unknown): string | undefined
  /** When a trigger with this condition fires: while it holds, or while what it wants fails. Default: fails. */
  trigger?(measurement: z.infer<Schema>): 'holds' | 'fails'
  /** What is measured, as one short phrase: `GET shop /healthz is 200`. */
  title(measurement: z.infer<Schema>): string
}

export type MeasurementKinds = Readonly<Record<string, MeasurementKind>>

/** Ties the types of one kind together. */
export function defineMeasurement<Schema extends MeasurementSchema>(
  kind: MeasurementKind<Schema>,
): MeasurementKind<Schema> {
  return kind
}

/** A measurement that its schema has read, as a run carries it. `name` is a key of `kinds`. */
export function compileMeasurement(
  name: string,
  measurement: Record<string, unknown>,
  kinds: MeasurementKinds,
): CompiledMeasurement {
  const kind = kinds[name]
  const field = (key: string | undefined) => (key === undefined ? undefined : measurement[key])
  const [connection, of] = [field(kind?.connection?.field), field(kind?.of)]
  return {
    kind: name,
    title: kind?.title(measurement) ?? name,
    ...(typeof connection === 'string' && { connection }),
    spec: measurement,
    ...(typeof of === 'string' && { of }),
  }
}

/** What a measurement is told beside its own fields. */
export interface MeasureContext<Connection = unknown> {
  signal: AbortSignal
  service: string
  environment: string
  /** Name and entry of the connection that it names, and what the worker's own configuration says of credentials. */
  connection?: { name: string; entry: Connection; credentials?: Credentials }
  /** Asks the target of the measured step once whether its object holds at the step's state, without a soak. */
  verify?: () => Promise<Verdict | (Again & { evidence: Evidence })>
}

/**
 * One kind of measurement: measures once, loops over nothing and retries nothing. A retryable UnwindError means that it
 * could not measure and is no verdict; any other error ends the check.
 */
export interface Check<Schema extends MeasurementSchema = MeasurementSchema, Connection = unknown> {
  readonly schema: Schema
  measure(measurement: z.infer<Schema>, context: MeasureContext<Connection>): Promise<Verdict>
}

/** Ties the types of one check together. */
export function defineCheck<Schema extends MeasurementSchema, Connection>(
  check: Check<Schema, Connection>,
): Check<Schema, Connection> {
  return check
}
