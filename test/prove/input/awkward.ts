import { isErrorCode, UnwindError } from '../../../model/errors.ts'
import type { Target } from '../../../model/target.ts'
import type { MemorySystem } from '../../support/memory-target.ts'

/** What an error that nobody foresaw must never carry outside. */
export const CANARY = 'canary-b1946ac92492d234'

/**
 * The target in memory, except for objects whose names say how they misbehave: `fault.<code>` fails with that code,
 * `boom` with an error that nobody foresaw, `large` has a plan that no run can carry, `slow` is never done, and
 * somebody else writes `moved` just before we do.
 */
export function awkward(target: Target): Target {
  return {
    ...target,
    async plan(step, context) {
      const name = objectOf(step)
      const code = /^fault\.([a-z-]+)$/.exec(name)?.[1]?.toUpperCase().replaceAll('-', '_')
      if (isErrorCode(code)) throw new UnwindError(code, `${name} answers with ${code}; that is what it is for`)
      if (name === 'boom') throw new Error(CANARY)
      const plan = await target.plan(step, context)
      if (name !== 'large') return plan
      const changes = Array.from({ length: 300 }, (_, line) => ({ path: `line ${line}`, from: 'x'.repeat(1_000) }))
      return { ...plan, changes }
    },
    async apply(step, move, context) {
      const object = (context.connection as MemorySystem).objects.get('moved')
      if (objectOf(step) === 'moved' && object) object.at = object.revisions[1] ?? ''
      return target.apply(step, move, context)
    },
    async verify(step, state, context) {
      if (objectOf(step) === 'slow') return { again: 50, doing: 'waiting', evidence: { summary: 'not yet' } }
      return target.verify(step, state, context)
    },
  }
}

function objectOf(step: object): string {
  return 'object' in step ? String(step.object) : ''
}
