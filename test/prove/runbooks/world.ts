import { ATTEMPTS, type Case, type FaultName, type PlannedStep } from './case.ts'

/** Why something could not be done. `untouched`: the system swears that nothing of ours had happened there. */
export interface Problem {
  code: string
  untouched?: boolean
  /** The plan about which it was said. */
  digest?: string
}

export function isProblem(result: unknown): result is Problem {
  return typeof result === 'object' && result !== null && 'code' in result
}

interface Thing {
  revisions: string[]
  at: string
  ours: boolean
  writes: number
}

/** What a call meets that is not ready within its limit. */
type Late = 'times out' | 'goes on' | 'fail'

/** The objects of a case and what goes wrong with them, for the reference model: one call after the other. */
export class World {
  readonly #things: Map<string, Thing>
  readonly #faults: Case['faults']
  readonly #objects: Map<string, string>
  /** Steps with a time limit of their own. */
  readonly #bounded: Set<string>

  constructor({ objects, faults }: Case, steps: readonly PlannedStep[]) {
    this.#things = new Map(
      objects.map(({ name, revisions }) => [name, { revisions, at: revisions.at(-1) ?? '', ours: false, writes: 0 }]),
    )
    this.#faults = structuredClone(faults)
    this.#bounded = new Set(steps.flatMap(({ id, timeout }) => (timeout ? [id] : [])))
    this.#objects = new Map(steps.flatMap(({ id, object }) => (object ? [[id, object] as const] : [])))
  }

  /** Somebody moves the object of this step by hand. */
  put(step: string, revision: string): void {
    this.#thing(step).at = revision
  }

  /**
   * Promise 2, act once: what is there already is not written again, what somebody else moved is left alone. Its own
   * time limit bounds a step's way there; the way back has the time of the plan.
   */
  move(step: string, { from, to, back }: { from: string; to: string; back?: true }): string | Problem {
    return this.#call(step, 'apply', back ? 'goes on' : 'times out', () => {
      const thing = this.#thing(step)
      if (thing.at === to) return to
      if (thing.at !== from) return { code: 'PLAN_STALE', untouched: !thing.ours }
      Object.assign(thing, { at: to, ours: true, writes: thing.writes + 1 })
      return to
    })
  }

  /** From where to where; `assumed` is where an earlier step will have left the object, `wanted` what a person put in. */
  plan(step: string, assumed?: string, wanted?: string): { from: string; to: string } | Problem {
    return this.#call<{ from: string; to: string }>(step, 'plan', 'times out', () => {
      const { at, revisions } = this.#thing(step)
      const from = assumed ?? at
      const to = wanted ?? revisions[revisions.indexOf(from) - 1]
      return to !== undefined && revisions.includes(to) ? { from, to } : { code: 'NO_ROLLBACK_TARGET' }
    })
  }

  /** One look at the object of this step: pass, fail or inconclusive. To a check, what is not ready yet has failed. */
  look(step: string, state: string, by: 'verify' | 'check'): string | Problem {
    return this.#call(step, 'verify', by === 'check' ? 'fail' : 'times out', () =>
      this.#thing(step).at === state ? 'pass' : 'fail',
    )
  }

  /** Each object with where it is and how often it was written. */
  told(): string[] {
    return [...this.#things].map(([name, { at, writes }]) => `${name} ${at} ${writes}`)
  }

  /** One activity: a silence is tried again, what is not ready is asked again until the limit. */
  #call<Result>(step: string, verb: string, late: Late, work: () => Result | Problem): Result | Problem {
    for (let attempt = 1; attempt <= ATTEMPTS; ) {
      const fault: FaultName = this.#faults[`${step}.${verb}`]?.shift() ?? 'ok'
      if (fault === 'forbidden') return { code: 'TARGET_FORBIDDEN' }
      if (fault.startsWith('moved:')) this.put(step, fault.slice('moved:'.length))
      if (fault === 'fail' || fault === 'inconclusive') return fault as Result
      if (fault === 'slow' || fault === 'slower' || fault === 'stuck') {
        if (late === 'fail') return late as Result
        if (fault === 'stuck' || (fault === 'slower' && late === 'times out' && this.#bounded.has(step)))
          return { code: 'STEP_TIMEOUT' }
        continue
      }
      const result = fault === 'unreachable' ? undefined : work()
      if (result !== undefined && (fault !== 'thenTimeOut' || isProblem(result))) return result
      attempt++
    }
    return { code: 'TARGET_UNREACHABLE' }
  }

  #thing(step: string): Thing {
    const found = this.#things.get(this.#objects.get(step) ?? '')
    if (!found) throw new Error(`step ${step} touches no object`)
    return found
  }
}
