import { z } from 'zod'
import { own } from '../../model/compile.ts'
import { UnwindError } from '../../model/errors.ts'
import { CHECK_FIELDS } from '../../model/runbook/corrected.ts'
import type { CompiledStep } from '../../model/run.ts'
import { Duration } from '../../model/step.ts'
import type { Api } from '../context.ts'
import type { Place } from '../schemas/parameters.ts'
import { inputOf } from '../temporal/executions.ts'
import { findRollback, readRollback } from './read.ts'

const Count = z.int().min(0).max(10_000)
const Corrections = z.strictObject({
  every: Duration,
  within: Duration,
  warmUp: Duration,
  consecutive: Count,
  failureLimit: Count,
  inconclusiveLimit: Count,
  timeout: Duration,
  for: Duration,
})
const CHECK = Corrections.pick({ ...all(CHECK_FIELDS), timeout: true }).partial()
const WAIT = Corrections.pick({ for: true })

/**
 * Throws INVALID_REQUEST unless these fields may replace those of the step: they are read by the schema of its kind, and
 * what says which step it is, where it acts and whether it is carried out stays as it was compiled.
 */
export async function refuseFields(
  api: Api,
  place: Place,
  stepId: string,
  fields: Record<string, unknown>,
): Promise<void> {
  const found = await findRollback(api, place)
  const [input, { procedure, stale }] = await Promise.all([
    inputOf(api, found.workflowId, found.runId),
    readRollback(api, place),
  ])
  // Without a worker nothing is known of the run; who sends the message will be told so.
  if (stale) return
  const step = input.steps.find((other) => other.id === stepId && other.procedure === procedure)
  if (!step) throw new UnwindError('INVALID_REQUEST', `the run has no step ${stepId} whose fields could be corrected`)
  const problem = schemaFor(api, step, fields).safeParse(
    step.role === undefined || step.role === 'change' ? { ...step.step, ...fields } : fields,
  ).error
  const [issue] = problem?.issues ?? []
  if (!issue) return
  throw new UnwindError('INVALID_REQUEST', `fields of ${stepId}: ${[...issue.path, issue.message].join(': ')}`)
}

function schemaFor({ kinds }: Api, step: CompiledStep, fields: Record<string, unknown>): z.ZodType {
  if (step.role === 'check') return CHECK
  if (step.role === 'wait') return WAIT
  const kind = own(kinds, step.kind)
  if (!kind || (step.role && step.role !== 'change'))
    throw new UnwindError('INVALID_REQUEST', `a step of kind ${step.kind} has no fields that could be corrected`)
  const fixed = ['id', 'kind', 'when', 'retry', kind.connection].filter((name) => Object.hasOwn(fields, name))
  if (fixed.length > 0)
    throw new UnwindError('INVALID_REQUEST', `${fixed.join(', ')} of ${step.id} stays as it is; start a new rollback`)
  return kind.schema
}

function all<Name extends string>(names: readonly Name[]): Record<Name, true> {
  return Object.fromEntries(names.map((name) => [name, true])) as Record<Name, true>
}
