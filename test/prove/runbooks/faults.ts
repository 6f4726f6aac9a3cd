import type { Target } from '../../../model/target.ts'
import { after, type Fault, forbidden, ok, thenTimeOut, unreachable } from '../../support/faults.ts'
import type { MemorySystem } from '../../support/memory-target.ts'
import type { FaultName } from './case.ts'

/** What the calls of each object's steps still have to meet, by `<object>/<step>.<verb>`. */
export type Faults = Map<string, FaultName[]>

/**
 * Milliseconds: within every limit; above that of a step with a limit of its own (3 s), while three of them, as many as a
 * way back can meet, are below its plan's (10 s); above all.
 */
const LATE = { slow: 10, slower: 3_100, stuck: 60_000 } as const

/** The target, with the faults of all cases round it. */
export function faulty(target: Target, system: MemorySystem, faults: Faults): Target {
  const through = (verb: string, step: unknown, { stepId }: { stepId: string }): Fault => {
    const object = (step as { object: string }).object
    return faultOf(faults.get(`${object}/${stepId}.${verb}`)?.shift() ?? 'ok', system, object)
  }
  return {
    ...target,
    plan: (step, context) => through('plan', step, context)(async () => target.plan(step, context)),
    apply: (step, move, context) => through('apply', step, context)(async () => target.apply(step, move, context)),
    verify: (step, state, context) => through('verify', step, context)(async () => target.verify(step, state, context)),
  }
}

function faultOf(name: FaultName, system: MemorySystem, object: string): Fault {
  switch (name) {
    case 'ok':
    case 'unreachable':
    case 'forbidden':
    case 'thenTimeOut':
      return { ok, unreachable, forbidden, thenTimeOut }[name]
    case 'slow':
    case 'slower':
    case 'stuck':
      return () => answering({ again: LATE[name], doing: `it is ${name}`, evidence: { summary: 'not ready' } })
    case 'fail':
    case 'inconclusive':
      return () => answering({ status: name, evidence: { summary: `it is ${name}` } })
    default:
      return after(() => {
        system.get(object).at = name.slice('moved:'.length)
      })
  }
}

function answering(answer: object): Promise<never> {
  return Promise.resolve(answer as never)
}
