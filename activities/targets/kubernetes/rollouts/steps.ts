import type { CanaryStep, Rollout } from './rollout.ts'

/** How long the pauses of an update last that end by themselves, in milliseconds. */
export function lastOf({ spec: { strategy = {} } }: Pick<Rollout, 'spec'>): number {
  const pauses = (strategy.canary?.steps ?? []).reduce((sum, step) => sum + (pauseOf(step) ?? 0), 0)
  return pauses + (strategy.blueGreen?.autoPromotionSeconds ?? 0) * 1_000
}

/** Whether an update of it waits for somebody to promote it at least once. */
export function waitsForPeople({ spec: { strategy = {} } }: Pick<Rollout, 'spec'>): boolean {
  if (strategy.blueGreen) return strategy.blueGreen.autoPromotionEnabled === false
  return (strategy.canary?.steps ?? []).some((step) => step.pause && pauseOf(step) === undefined)
}

/** Whether an update of it goes through anything but its pods. */
export function hasSteps({ spec: { strategy = {} } }: Pick<Rollout, 'spec'>): boolean {
  const { canary, blueGreen } = strategy
  return (
    (canary?.steps ?? []).length > 0 || Boolean(blueGreen?.prePromotionAnalysis ?? blueGreen?.postPromotionAnalysis)
  )
}

/** As people read it: step 2 of 5; empty where there are none. */
export function placeOf({ spec, status }: Pick<Rollout, 'spec' | 'status'>): string {
  const all = spec.strategy?.canary?.steps?.length ?? 0
  return all === 0 ? '' : `step ${Math.min((status?.currentStepIndex ?? 0) + 1, all)} of ${all}`
}

/** Whether it stands at a pause that only a person ends. */
export function standsForPeople({ spec, status }: Pick<Rollout, 'spec' | 'status'>): boolean {
  const reasons = (status?.pauseConditions ?? []).map(({ reason }) => reason)
  if (reasons.includes('InconclusiveAnalysisRun')) return true
  if (reasons.includes('BlueGreenPause')) return (spec.strategy?.blueGreen?.autoPromotionSeconds ?? 0) === 0
  if (!reasons.includes('CanaryPauseStep')) return false
  const step = spec.strategy?.canary?.steps?.[status?.currentStepIndex ?? 0]
  return step?.pause !== undefined && pauseOf(step) === undefined
}

/** undefined for a pause without an end, and for a step that is none. A number is of seconds. */
function pauseOf({ pause }: CanaryStep): number | undefined {
  const { duration } = pause ?? {}
  if (duration === undefined) return undefined
  if (typeof duration === 'number') return duration * 1_000
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)?/g)]
  return parts.reduce((sum, [, amount, unit = 's']) => sum + Number(amount) * (UNITS[unit] ?? 0), 0)
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
