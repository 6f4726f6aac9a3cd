import { z } from 'zod'
import { defineKind, Name, Ref, stepFields } from '../../model/step.ts'
import type { Target } from '../../model/target.ts'
import { type MemorySystem, memoryTarget as inMemory } from '../../rehearsal/memory.ts'

export { MemorySystem } from '../../rehearsal/memory.ts'

const MemoryStep = z.strictObject({
  kind: z.literal('memory'),
  ...stepFields,
  object: Name,
  system: Name.default('memory'),
  to: z.union([z.string(), Ref]).default('previous'),
  irreversible: z.boolean().optional(),
  data: z.boolean().optional(),
  unverified: z.boolean().optional(),
  /** What its plan says of the schema; absent: nothing, as most targets. */
  schema: z.enum(['safe', 'unsafe', 'unknown']).optional(),
})
type MemoryStep = z.infer<typeof MemoryStep>

/** A kind of step of its own for the tests of the engine. */
export const memoryKind = defineKind({
  schema: MemoryStep,
  connection: 'system',
  inherits: ['system'],
  drill: true,
  leaves: ['uid', 'revision'],
  title: ({ object, to }) => `${object} → ${typeof to === 'string' ? to : to.ref}`,
})

/** The target of that kind over such a system. */
export function memoryTarget(system: MemorySystem): Target {
  const read = (step: Record<string, unknown>) => {
    const { object, to, irreversible, data, unverified } = step as MemoryStep
    const warnings = unverified ? [{ code: 'UNVERIFIED_TARGET', message: 'nobody recorded it', confirm: true }] : []
    return { object, to, irreversible, data, warnings }
  }
  const made = inMemory(MemoryStep, () => system, read)
  return {
    ...made,
    plan: async (step, context) => {
      const { schema } = step as unknown as MemoryStep
      return { ...(await made.plan(step, context)), ...(schema && { schema }) }
    },
  }
}
