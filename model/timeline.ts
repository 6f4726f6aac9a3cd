import { TIMELINE_LIMIT, type RunState, type TimelineEvent } from './run.ts'

const KEPT_FIRST = 50

/** Adds one event to the record; beyond the limit the oldest after the first fifty go, and `seq` shows the gap. */
export function addEvent(state: RunState, event: Omit<TimelineEvent, 'seq'>): void {
  const last = state.timeline.at(-1)?.seq ?? 0
  state.timeline.push({ seq: last + 1, ...event })
  if (state.timeline.length > TIMELINE_LIMIT) state.timeline.splice(KEPT_FIRST, 1)
}
