import { kubernetes } from '../../activities/targets/kubernetes/index.ts'
import type { UnwindError } from '../../model/errors.ts'
import type { CallContext, Move, Plan, State, Target, Verdict } from '../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../support/conformance-drive.ts'
import type { Lab } from './kubernetes-lab.ts'

/** The target, with its own types dropped as the engine drops them. */
export const target = kubernetes as unknown as Target

type More = Partial<CallContext>

/** The verbs for one Deployment of a lab, driven as the engine drives them. */
export function verbs(lab: Lab, name: string, fields: object = {}) {
  const step = lab.step(name, fields)
  const context = (more: More = {}) => contextFor(lab.connection, more)
  const once = () => target.schema.parse(step)
  return {
    plan: (more?: More): Promise<Plan> => planOf(target, step, context(more)),
    planOnce: async (more?: More): Promise<Plan> => target.plan(once(), context(more)),
    planError: (more?: More): Promise<UnwindError> => errorOf(() => planOf(target, step, context(more))),
    planOnceError: (more?: More): Promise<UnwindError> => errorOf(async () => target.plan(once(), context(more))),
    apply: (move: Move, more?: More): Promise<State> => applied(target, step, move, context(more)),
    applyOnce: async (move: Move, more?: More) => target.apply(once(), move, context(more)),
    applyError: (move: Move, more?: More): Promise<UnwindError> =>
      errorOf(async () => applied(target, step, move, context(more))),
    verify: (state: State, more?: More): Promise<Verdict> => verified(target, step, state, context(more)),
    verifyOnce: async (state: State, more?: More) => target.verify(once(), state, context(more)),
    history: async () => target.history(once(), context()),
  }
}

/** The codes of a plan's warnings. */
export function codes({ warnings }: Plan): string[] {
  return warnings.map(({ code }) => code)
}
