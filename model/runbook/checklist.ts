import type { RunState, TimelineEvent } from '../run.ts'
import type { TickedItem } from './progress.ts'

/** What only comes after the end, so that an item which it ticks can't hold the run back from its end. */
const AFTERWARDS = ['ended', 'archived']

/** Ticks the items that wait for this event, or for the end of its step. */
export function tickBy(state: RunState, { type, stepId, at }: Omit<TimelineEvent, 'seq'>): void {
  const ended = type === 'step-verified' || type === 'step-done'
  for (const item of state.checklist ?? []) {
    if (item.ticked || !item.ticks) continue
    const ticks = 'event' in item.ticks ? item.ticks.event === type : ended && item.ticks.step === stepId
    if (ticks) item.ticked = { at, by: stepId ? `${type} ${stepId}` : type }
  }
}

/** The items that keep the run from its end. */
export function openItems(state: RunState): TickedItem[] {
  const late = ({ ticks }: TickedItem) => ticks && 'event' in ticks && AFTERWARDS.includes(ticks.event)
  return (state.checklist ?? []).filter((item) => item.required && !item.ticked && !late(item))
}
