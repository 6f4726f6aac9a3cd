import type { WorkflowHandle } from '@temporalio/client'
import { until } from './until.ts'

/**
 * What a workflow answers once it shows this; it fails after a while with what it shows instead. It is asked only when
 * its history has grown and come to rest: without a cache each query replays the whole, and throws a task away that is
 * under way.
 */
export async function gently<State>(
  handle: WorkflowHandle,
  query: string,
  enough: (state: State) => boolean,
  otherwise: (state: State | undefined) => string,
  limit = 60_000,
): Promise<State> {
  let [before, queried] = ['', '']
  let state: State | undefined
  const look = async () => {
    const { historyLength, runId, raw, status } = await handle.describe()
    const at = `${runId}/${historyLength}`
    const rests = at === before && !raw.pendingWorkflowTask && !raw.pendingActivities?.length
    if (at !== queried && (rests || status.name !== 'RUNNING')) {
      state = await handle.query<State>(query)
      queried = at
    }
    before = at
    return state
  }
  const seen = await until<State | undefined>(look, (known) => known !== undefined && enough(known), otherwise, limit)
  if (seen === undefined) throw new Error('a state that shows something is a state')
  return seen
}
