import type { Api } from '../context.ts'
import { decodePayloads, type Execution } from '../temporal/executions.ts'
import type { Doing } from './sink.ts'

type Pending = NonNullable<Execution['description']['raw']['pendingActivities']>

/** What the run's activity does just now, by its last heartbeat; between two heartbeats, what it waits for. */
export async function doingOf(api: Api, pending: Pending): Promise<Doing> {
  const [activity] = pending
  if (!activity) return { doing: null }
  const { activityType, attempt, heartbeatDetails, lastFailure } = activity
  const about = { ...(activityType?.name && { activity: activityType.name }), ...(attempt && { attempt }) }
  const [details] = await decodePayloads(api, heartbeatDetails?.payloads).catch(() => [])
  const said = typeof details === 'object' && details !== null && 'doing' in details ? details.doing : details
  if (typeof said === 'string' && said) return { doing: said.slice(0, 500), ...about }
  const again = lastFailure?.message
    ? `trying again after: ${lastFailure.message}`
    : `${activityType?.name ?? 'a step'} runs`
  return { doing: again.slice(0, 500), ...about }
}
