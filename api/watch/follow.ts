import { defaultPayloadConverter } from '@temporalio/common'
import type { Api } from '../context.ts'

/** One long poll waits 20 s on the server; a little more than twice that means that the connection is dead. */
const POLL_LIMIT = 45_000
const PAUSE_AFTER_ERROR = 1_000
// temporal.api.enums.v1.HistoryEventFilterType
const ALL_EVENTS = 1

/**
 * Follows a run's history by one long poll at a time, across continue-as-new. Calls `changed` when the run may have
 * another record, with its status where the history tells a new one, and returns when the run has ended or the signal
 * aborts. Survives Temporal being away.
 */
export async function followHistory(
  api: Api,
  start: { workflowId: string; runId: string },
  changed: (status?: string) => void,
  signal: AbortSignal,
): Promise<'ended' | 'stopped'> {
  let { runId } = start
  let nextPageToken: Uint8Array | undefined
  while (!signal.aborted) {
    const answer = await poll(api, { workflowId: start.workflowId, runId }, nextPageToken, signal)
    if (!answer) {
      await pause(PAUSE_AFTER_ERROR, signal)
      continue
    }
    const events = answer.history?.events ?? []
    // The record changes in a workflow task and at no other time; each question costs the worker that carries the run.
    if (events.some((event) => event.workflowTaskCompletedEventAttributes)) changed(statusIn(events))
    const next = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId
    if (next) runId = next
    else if (!answer.nextPageToken?.length) return 'ended'
    nextPageToken = next ? undefined : (answer.nextPageToken ?? undefined)
  }
  return 'stopped'
}

type Events = NonNullable<NonNullable<Awaited<ReturnType<typeof poll>>>['history']>['events']

/** The phase or outcome that the run has last told the visibility store of. */
function statusIn(events: Events): string | undefined {
  const told = events?.flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upsert }) => {
    const payload = upsert?.searchAttributes?.indexedFields?.['UnwindStatus']
    return payload ? [defaultPayloadConverter.fromPayload<unknown>(payload)] : []
  })
  const status = told?.at(-1)
  return typeof status === 'string' ? status : undefined
}

/** Waits so many milliseconds, or until the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}

async function poll(
  api: Api,
  execution: { workflowId: string; runId: string },
  nextPageToken: Uint8Array | undefined,
  signal: AbortSignal,
) {
  const { namespace } = api.client.options
  const request = {
    namespace,
    execution,
    waitNewEvent: true,
    historyEventFilterType: ALL_EVENTS,
    ...(nextPageToken && { nextPageToken }),
  }
  // The client never takes its listener off a signal again, so each poll has one of its own.
  const own = new AbortController()
  const stop = () => own.abort()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await api.client.withAbortSignal(own.signal, () =>
      api.client.withDeadline(Date.now() + POLL_LIMIT, () =>
        api.client.workflowService.getWorkflowExecutionHistory(request),
      ),
    )
  } catch {
    // Temporal is away, or the poll was cut: the next one says which, and nothing is lost between two polls.
    return undefined
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
