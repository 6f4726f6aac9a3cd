import { milliseconds } from '../../../../model/duration.ts'
import type { Plan } from '../../../../model/target.ts'
import { lastOf } from './steps.ts'
import type { Sight } from './rollout.ts'
import type { ArgoRolloutsStep } from './schema.ts'

/** Room for reads and writes, and for the controller to see what was written. In milliseconds. */
const APPLY_LIMIT = 180_000
const LONGEST_UPDATE = 6 * 60 * 60_000
/** What a Rollout says that says nothing, in seconds. */
const DEFAULT_DEADLINE = 600
/** An analysis lasts as long as its template says, which a plan does not read. */
const ANALYSIS = 15 * 60_000

/** How long each verb may take: as long as the pods of an update may, its pauses and its analysis. */
export function limits({ rollout }: Pick<Sight, 'rollout'>, step: ArgoRolloutsStep): Plan['limits'] {
  const { progressDeadlineSeconds = DEFAULT_DEADLINE, strategy = {} } = rollout.spec
  const analyses = [
    ...(strategy.canary?.steps ?? []).map(({ analysis }) => analysis),
    strategy.blueGreen?.prePromotionAnalysis,
    strategy.blueGreen?.postPromotionAnalysis,
  ].filter((analysis) => analysis !== undefined)
  const update = 2 * progressDeadlineSeconds * 1_000 + lastOf(rollout) + analyses.length * ANALYSIS
  return {
    apply: APPLY_LIMIT,
    verify: Math.min(update, LONGEST_UPDATE) + milliseconds(step.soak) + 60_000,
  }
}
