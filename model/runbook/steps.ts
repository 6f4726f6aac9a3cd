import { z } from 'zod'
import { Duration, Name, Sentence, stepFields } from '../step.ts'
import type { StepSchema } from '../target.ts'
import type { ParameterValue } from './compiled.ts'
import { type Spread, spreadEntry } from './spread.ts'
import { templated } from './templates.ts'

/** What every step of a document may carry. Durations are text here; nothing is filled in yet. */
export interface StepBase {
  id?: string | undefined
  timeout?: string | undefined
  optional?: boolean | undefined
  onFailure?: 'pause' | 'compensate' | undefined
  when?: string | undefined
  retry?: { attempts: number; pause: string } | undefined
}

/** A step that moves a system: its kind is that of a target, whose schema has read the other fields. */
export type TargetStep = StepBase & { kind: string; [field: string]: unknown }

/** A step as a document writes it: of a target's kind or one of `ENGINE_KINDS`. */
export type RunbookStep = TargetStep | EngineStep

/** An entry of a procedure: one step, several that are carried out at the same time, or some for several clusters. */
export type RunbookEntry = RunbookStep | Parallel | Spread
export interface Parallel {
  parallel: RunbookStep[]
}

const Channel = z.string().min(1).max(200)

const base = { ...stepFields } as const

const Check = z
  .strictObject({
    kind: z.literal('check'),
    ...base,
    all: z.array(z.unknown()).min(1).max(20),
    within: Duration.default('5m').describe('When not enough has passed by then, the check has failed.'),
    every: Duration.default('15s').describe('Between two looks. At least 1s.'),
    consecutive: z.int().min(1).max(100).default(1).describe('So many looks in a row must pass.'),
    failureLimit: z.int().min(0).max(1_000).optional().describe('More failures than this end the check at once.'),
    inconclusiveLimit: z
      .int()
      .min(0)
      .max(1_000)
      .optional()
      .describe('More looks that prove nothing than this end the check.'),
    warmUp: Duration.default('0s').describe('Looks before this time are kept as evidence and not counted.'),
  })
  .meta({ title: 'Check', description: 'Measures until enough looks in a row pass, or the time is over.' })

/** Steps that the engine carries out itself; a check's measurements are put in by `runbookSteps`. */
export const ENGINE_SCHEMAS = {
  check: Check,
  wait: z
    .strictObject({ kind: z.literal('wait'), ...base, for: Duration.describe('How long.') })
    .meta({ title: 'Wait', description: 'Lets time pass.' }),
  manual: z
    .strictObject({ kind: z.literal('manual'), ...base, text: Sentence.describe('What a person does and confirms.') })
    .meta({ title: 'Manual step', description: 'A person does something and says yes or no, with a note.' }),
  approve: z
    .strictObject({
      kind: z.literal('approve'),
      ...base,
      text: Sentence.optional().describe('What is approved.'),
      min: z.int().min(1).max(10).default(1).describe('So many people say yes.'),
      groups: z.array(z.string().min(1).max(200)).max(20).default([]).describe('Who may. Default: anybody.'),
      self: z.boolean().default(false).describe('Whether the person who asked for the run counts.'),
      expires: Duration.default('30m').describe('After that time the answer is no.'),
      remind: Duration.optional().describe('Between two reminders. Default: none.'),
      escalate: Duration.optional().describe('Until the escalation contact is told.'),
    })
    .meta({ title: 'Approval', description: 'People say yes in the middle of the run.' }),
  notify: z
    .strictObject({
      kind: z.literal('notify'),
      ...base,
      channels: z.array(Channel).min(1).max(10).describe('Channels of the configuration, or contacts.'),
      text: Sentence,
    })
    .meta({ title: 'Message', description: 'Tells people; that never fails a run.' }),
  runbook: z
    .strictObject({
      kind: z.literal('runbook'),
      ...base,
      runbook: Name.describe('Its steps are put in here.'),
      procedure: Name.optional().describe('Needed where that runbook has more than one.'),
      parameters: z
        .record(z.string(), z.union([z.string().max(200), z.number(), z.boolean()]))
        .optional()
        .describe('For that runbook.'),
    })
    .meta({ title: 'Runbook', description: 'Puts the steps of another runbook in its place.' }),
} as const

/** Kinds of steps that no target carries out. */
export type EngineKind = keyof typeof ENGINE_SCHEMAS
export const ENGINE_KINDS = Object.keys(ENGINE_SCHEMAS) as EngineKind[]

export type EngineStep = CheckStep | WaitStep | ManualStep | ApproveStep | NotifyStep | EmbeddedStep
export interface CheckStep extends StepBase {
  kind: 'check'
  all: Record<string, unknown>[]
  within?: string | undefined
  every?: string | undefined
  consecutive?: number | undefined
  failureLimit?: number | undefined
  inconclusiveLimit?: number | undefined
  warmUp?: string | undefined
}
export interface WaitStep extends StepBase {
  kind: 'wait'
  for: string
}
export interface ManualStep extends StepBase {
  kind: 'manual'
  text: string
}
export interface ApproveStep extends StepBase {
  kind: 'approve'
  text?: string | undefined
  min?: number | undefined
  groups?: string[] | undefined
  self?: boolean | undefined
  expires?: string | undefined
  remind?: string | undefined
  escalate?: string | undefined
}
export interface NotifyStep extends StepBase {
  kind: 'notify'
  channels: string[]
  text: string
}
export interface EmbeddedStep extends StepBase {
  kind: 'runbook'
  runbook: string
  procedure?: string | undefined
  parameters?: Record<string, ParameterValue> | undefined
}

/**
 * The schema of a procedure's entries. `targets` are the schemas of the kinds that move systems, `measurements` those of
 * what a check may measure.
 */
export function runbookEntries(
  targets: readonly StepSchema[],
  measurements: readonly z.ZodObject[],
): z.ZodType<RunbookEntry> {
  const measurement = z.union(measurements.map(templated)).meta({ id: 'RunbookMeasurement' })
  const { check, ...others } = ENGINE_SCHEMAS
  const all = z.array(measurement).min(1).max(20).describe('All of them must pass in the same look.')
  const engine = [templated(check).extend({ all }), ...Object.values(others).map(templated)]
  const steps = [...targets.map(templated), ...engine] as unknown as [StepSchema, ...StepSchema[]]
  const step = z.discriminatedUnion('kind', steps).meta({ id: 'RunbookStep' })
  const parallel = z
    .strictObject({ parallel: z.array(step).min(2).max(10) })
    .meta({ id: 'RunbookParallel', description: 'Steps that are carried out at the same time.' })
  return z.union([step, parallel, spreadEntry(step)]) as unknown as z.ZodType<RunbookEntry>
}

/** A trigger's own condition: a measurement, how long it has to hold, and how often it is made. */
export type Condition = Record<string, unknown> & { for?: string | undefined; every?: string | undefined }

/** The schema of a trigger's own condition, for the same measurements. */
export function triggerCondition(measurements: readonly z.ZodObject[]): z.ZodType<Condition> {
  const lasting = {
    for: Duration.optional().describe('It has to hold for so long without a break. Default: 1m.'),
    every: Duration.optional().describe('Between two looks. At least 1s. Default: 15s.'),
  }
  const conditions = measurements.map((measurement) => templated(measurement).safeExtend(lasting))
  return z.union(conditions).meta({ id: 'RunbookCondition' }) as unknown as z.ZodType<Condition>
}

/** Whether an entry holds several steps. */
export function isParallel(entry: RunbookEntry): entry is Parallel {
  return 'parallel' in entry
}

/** Whether the engine carries the step out itself. */
export function isEngineStep(step: RunbookStep): step is EngineStep {
  return Object.hasOwn(ENGINE_SCHEMAS, step.kind)
}
