import { UnwindError } from '../../model/errors.ts'
import type { Target } from '../../model/target.ts'

type Verb = 'plan' | 'apply' | 'verify' | 'settle'
/** Decides for one call: do the real thing, before, after or instead of a fault. */
export type Fault = <Result>(work: () => Promise<Result>) => Promise<Result>

/** The call goes through. */
export const ok: Fault = (work) => work()

/** The system doesn't answer and nothing happens. */
export const unreachable: Fault = () =>
  Promise.reject(new UnwindError('TARGET_UNREACHABLE', 'nothing answers at memory'))

/** The ambiguous case that naive sagas lose: the work is done, and then the answer is lost. */
export const thenTimeOut: Fault = async (work) => {
  await work()
  throw new UnwindError('TARGET_UNREACHABLE', 'the answer was lost')
}

/** The system refuses a right. */
export const forbidden: Fault = () =>
  Promise.reject(new UnwindError('TARGET_FORBIDDEN', 'the right to write is missing'))

/** Runs something of the test's first, as somebody else would. */
export function after(first: () => unknown): Fault {
  return async (work) => {
    await first()
    return work()
  }
}

/** A wrapper round a real target: the first calls of a verb meet these faults in turn, all later ones go through. */
export function failing(target: Target, faults: Partial<Record<Verb, Fault[]>>): Target {
  const left = structuredCloneOfLists(faults)
  const through = (verb: Verb, work: () => Promise<never>) => (left[verb].shift() ?? ok)(work)
  return {
    ...target,
    plan: (step, context) => through('plan', () => target.plan(step, context) as Promise<never>),
    apply: (step, move, context) => through('apply', () => target.apply(step, move, context) as Promise<never>),
    verify: (step, state, context) => through('verify', () => target.verify(step, state, context) as Promise<never>),
    ...(target.settle && {
      settle: (step, move, context) => through('settle', () => target.settle?.(step, move, context) as Promise<never>),
    }),
  }
}

function structuredCloneOfLists(faults: Partial<Record<Verb, Fault[]>>): Record<Verb, Fault[]> {
  const { plan = [], apply = [], verify = [], settle = [] } = faults
  return { plan: [...plan], apply: [...apply], verify: [...verify], settle: [...settle] }
}
