import type { RunState } from '../run.ts'

/** What the end of a run means for its service: read from the run's own record and from nothing else. */
export interface Conclusion {
  runId: string
  outcome: string
  /** Epoch milliseconds. */
  endedAt: number
  by: string
  reason: string
  automatic?: boolean
  /** The run whose moves it took back. */
  undoes?: string
  /** How many objects it has moved. */
  moved: number
  /** Images that ran before and that run now, of every object that was moved. */
  left: string[]
  reached: string[]
}

/** The most images that are told of one run. */
const MOST = 40

/** The conclusion of a record; undefined while the run has no outcome. */
export function conclusionOf(state: RunState): Conclusion | undefined {
  const { runId, outcome, endedAt, startedBy, reason, undoes, automatic } = state
  if (!outcome || endedAt === undefined) return undefined
  const moved = state.steps.flatMap(({ status, plan }) => (status === 'done' && plan?.changes.length ? [plan] : []))
  const images = (side: 'from' | 'to') => [...new Set(moved.flatMap(({ artifacts }) => artifacts?.[side] ?? []))]
  const [before, after] = [images('from'), images('to')]
  return {
    ...{ runId, outcome, endedAt, by: startedBy.subject, reason },
    ...(automatic && { automatic: true }),
    ...(undoes && { undoes }),
    moved: moved.length,
    // An image that stays as it is tells neither of them apart.
    left: before.filter((image) => !after.includes(image)).slice(0, MOST),
    reached: after.filter((image) => !before.includes(image)).slice(0, MOST),
  }
}
