import type { CompiledStep, StepState } from './run.ts'

/** How long a plan takes by its own bounds, in milliseconds, and how many of its steps wait for people besides. */
export interface Expected {
  /** Even if everything goes well at once: waits, warm-ups, looks that have to pass in a row. */
  least: number
  /** If everything needs all the time that it has, its automatic attempts included. */
  most: number
  people: number
}

/** Telling people is given up after so long (workflows/activities). */
const TELLING = 30_000

/**
 * What the bounds of these steps add up to; steps of one group run beside each other. `compiled` holds at least the
 * steps that were planned. People are no part of it: they take the time that they take.
 */
export function expectedOf(steps: readonly StepState[], compiled: readonly CompiledStep[]): Expected {
  const total: Expected = { least: 0, most: 0, people: 0 }
  for (const group of together(steps)) {
    const each = group.map((step) => {
      const found = compiled.find(({ id, procedure }) => id === step.id && procedure === step.procedure)
      return found ? oneOf(step, found) : { least: 0, most: 0, people: 0 }
    })
    total.least += Math.max(...each.map(({ least }) => least))
    total.most += Math.max(...each.map(({ most }) => most))
    total.people += each.reduce((sum, { people }) => sum + people, 0)
  }
  return total
}

function together(steps: readonly StepState[]): StepState[][] {
  const groups: StepState[][] = []
  for (const step of steps) {
    const last = groups.at(-1)
    if (last && step.group !== undefined && last[0]?.group === step.group) last.push(step)
    else groups.push([step])
  }
  return groups
}

function oneOf(step: StepState, { when, retry, ...compiled }: CompiledStep): Expected {
  const { least, most, people } = boundsOf(step, compiled)
  const attempts = 1 + (people > 0 ? 0 : (retry?.attempts ?? 0))
  const pauses = (attempts - 1) * (retry?.pause ?? 0)
  // A step that may be left out takes no time then.
  return { least: when === undefined ? least : 0, most: most * attempts + pauses, people }
}

function boundsOf(
  { plan }: StepState,
  { role = 'change', timeout, check, asked }: Omit<CompiledStep, 'when'>,
): Expected {
  const bounded = (span: number) => Math.min(span, timeout ?? span)
  switch (role) {
    case 'change':
      return { least: 0, most: plan ? bounded(plan.limits.apply) + bounded(plan.limits.verify) : 0, people: 0 }
    case 'check': {
      const { every = 0, within = 0, consecutive = 1, warmUp = 0 } = check ?? {}
      return { least: warmUp + every * (consecutive - 1), most: bounded(warmUp + within + every), people: 0 }
    }
    case 'wait':
      return { least: asked?.wait ?? 0, most: asked?.wait ?? 0, people: 0 }
    case 'notify':
      return { least: 0, most: TELLING, people: 0 }
    case 'manual':
    case 'approve':
      return { least: 0, most: 0, people: 1 }
  }
}
