import { UnwindError } from '../../model/errors.ts'
import type { Actor } from '../../model/policy.ts'
import type { Api } from '../context.ts'
import { deliver } from '../rollbacks/message.ts'
import type { DrillsStopped } from '../schemas/drills.ts'
import type { Place } from '../schemas/parameters.ts'
import { requireWorker } from '../temporal/workers.ts'
import { runningDrills } from './running.ts'

/**
 * Has every drill of a service that runs now end: what it has made is taken away, and its result says that it was stopped.
 * Throws NOT_FOUND where none runs, NO_WORKER, and what a run refuses with.
 */
export async function stopDrills(api: Api, place: Place, note: string, actor: Actor): Promise<DrillsStopped> {
  const [running] = await Promise.all([runningDrills(api, place), requireWorker(api)])
  if (running.length === 0)
    throw new UnwindError(
      'NOT_FOUND',
      `no drill of ${place.service} in ${place.environment} runs; nothing is to be stopped`,
    )
  await Promise.all(running.map((drill) => deliver(api, drill, { name: 'abort', message: { note }, actor })))
  return { stopped: running.map(({ workflowId, runId }) => ({ id: workflowId, runId })) }
}
