/** Milliseconds and counts. Part of the input, so that a change of configuration touches no running rollback. */
export interface RunLimits {
  /** Without a sign of life for so long, an activity is given to another worker. */
  heartbeat: number
  /** Attempts while a system does not answer, before the step parks. */
  attempts: number
  /** How long a step may wait for a worker that polls its connection's own queue, before it parks. */
  unpolled: number
  /** History events after which the run continues as a new execution; Temporal's own suggestion applies as well. */
  events: number
  /** Between two pages of somebody while nobody has claimed the run. Runbooks only; absent: `DEFAULT_REMIND`. */
  remind?: number
  /** Between two looks at what a step left held. Absent: `WATCH_EVERY`. */
  watch?: number
}

/** Ten minutes: long enough to read and act, short enough that a page which was slept through costs little. */
export const DEFAULT_REMIND = 600_000

export const DEFAULT_LIMITS: RunLimits = { heartbeat: 10_000, attempts: 40, unpolled: 120_000, events: 4_000 }
