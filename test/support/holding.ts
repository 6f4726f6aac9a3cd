import type { Target } from '../../model/target.ts'

/** The target with plans that leave something held; it is let go at the look with this number, counted from one. */
export function holding(target: Target, at: number): Target {
  let looks = 0
  return {
    ...target,
    plan: async (step, context) => ({ ...(await target.plan(step, context)), owes: 'it is held until Git agrees' }),
    settle: async () => {
      looks++
      const settled = looks >= at
      return { settled, evidence: { summary: settled ? 'Git agrees' : `Git does not agree at look ${looks}` } }
    },
  }
}
