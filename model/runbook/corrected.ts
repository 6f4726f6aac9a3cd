import { milliseconds } from '../duration.ts'
import type { CompiledStep } from '../run.ts'
import type { CompiledCheck } from './compiled.ts'

/** Fields of a check that a person may correct while it is parked; those of a duration are written as one. */
export const CHECK_FIELDS = ['every', 'within', 'warmUp', 'consecutive', 'failureLimit', 'inconclusiveLimit'] as const

/** A compiled step with the fields that a person corrected; undefined changes nothing. */
export function withCorrections(compiled: CompiledStep, fields: Record<string, unknown> | undefined): CompiledStep {
  if (!fields) return compiled
  const { timeout, for: wait } = fields
  return {
    ...compiled,
    step: { ...compiled.step, ...fields },
    ...(typeof timeout === 'string' && { timeout: milliseconds(timeout) }),
    ...(compiled.check && { check: correctedCheck(compiled.check, fields) }),
    ...(compiled.asked && typeof wait === 'string' && { asked: { ...compiled.asked, wait: milliseconds(wait) } }),
  }
}

function correctedCheck(check: CompiledCheck, fields: Record<string, unknown>): CompiledCheck {
  const values = CHECK_FIELDS.flatMap((name) => {
    const value = fields[name]
    const number = typeof value === 'string' ? milliseconds(value) : value
    return typeof number === 'number' ? [[name, number]] : []
  })
  return { ...check, ...(Object.fromEntries(values) as Partial<CompiledCheck>) }
}
