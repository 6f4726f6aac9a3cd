import type { WorkflowHandle } from '@temporalio/client'

/** How many activities a workflow has under way at once, stage after stage. */
export type Stages = readonly number[]

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>

/** The stages of a workflow that has run: what one workflow task schedules, it schedules at once. */
export function stagesOf(events: Events): Stages {
  const stages = new Map<string, number>()
  for (const { activityTaskScheduledEventAttributes: scheduled } of events) {
    if (!scheduled) continue
    const task = String(scheduled.workflowTaskCompletedEventId)
    stages.set(task, (stages.get(task) ?? 0) + 1)
  }
  return [...stages.values()]
}
