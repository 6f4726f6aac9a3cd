import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client'
import { milliseconds } from '../../model/duration.ts'
import { UnwindError } from '../../model/errors.ts'
import { drillId } from '../../model/ids.ts'
import type { Actor } from '../../model/policy.ts'
import type { RunInput } from '../../model/run.ts'
import type { Api } from '../context.ts'
import type { DrillSchedule, DrillsDocument } from '../schemas/drills.ts'
import type { Place } from '../schemas/parameters.ts'
import { bounded } from '../temporal/call.ts'
import { compileDrill, workflowOf } from './start.ts'

const SHORTEST = 3_600_000
/** Intervals begin at the same moments for all services; so far apart their drills begin, at the most. Milliseconds. */
const SPREAD = 30 * 60_000

/**
 * Drills a service from time to time, in place of an earlier schedule: with the runbook as it stands now. One that is due
 * while the one before still runs is left out. Throws INVALID_REQUEST, and what `compileDrill` throws.
 */
export async function scheduleDrill(
  api: Api,
  { environment, service }: Place,
  { every, ...request }: DrillSchedule,
  actor: Actor,
): Promise<void> {
  const interval = milliseconds(every)
  if (interval < SHORTEST)
    throw new UnwindError('INVALID_REQUEST', `every ${every} is too often for drills; give at least 1h`)
  const input = await compileDrill(api, { ...request, environment }, actor)
  if (input.service !== service)
    throw new UnwindError('INVALID_REQUEST', `runbook ${request.runbook} is of ${input.service}, not of ${service}`)
  const scheduleId = drillId(environment, service)
  const action = {
    type: 'startWorkflow' as const,
    workflowType: 'drill',
    workflowId: scheduleId,
    ...workflowOf(api, input),
  }
  const spec = { intervals: [{ every: interval }], jitter: Math.min(SPREAD, interval / 4) }
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1h' as const }
  const { schedule } = api.client
  try {
    await bounded(api.client, () => schedule.create({ scheduleId, spec, policies, action }))
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    const handle = schedule.getHandle(scheduleId)
    await bounded(api.client, () => handle.update((before) => ({ ...before, spec, policies, action })))
  }
}

/** Ends the schedule. Throws NOT_FOUND where there is none. */
export async function unscheduleDrill(api: Api, { environment, service }: Place): Promise<void> {
  const handle = api.client.schedule.getHandle(drillId(environment, service))
  try {
    await bounded(api.client, () => handle.delete())
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error
    throw new UnwindError('NOT_FOUND', `no drill of ${service} in ${environment} is scheduled`)
  }
}

/** The schedule of a service's drills, if there is one; `since` when it was made. */
export async function readSchedule(
  api: Api,
  { environment, service }: Place,
): Promise<(NonNullable<DrillsDocument['schedule']> & { since: number }) | undefined> {
  const handle = api.client.schedule.getHandle(drillId(environment, service))
  try {
    const { spec, info, state, action } = await bounded(api.client, () => handle.describe())
    const [input] = (action.args ?? []) as RunInput[]
    const { name = '', revision = '', procedure = '' } = input?.runbook ?? {}
    const [next] = info.nextActionTimes
    return {
      every: Number(spec.intervals?.[0]?.every ?? 0),
      since: info.createdAt.getTime(),
      ...(next && { next: next.getTime() }),
      ...{ paused: state.paused, runbook: name, procedure, revision },
      outdated: (await revisionNow(api, name)) !== revision,
    }
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}

/** Undefined for a runbook that is not there any more, or can't be read now. */
async function revisionNow(api: Api, name: string): Promise<string | undefined> {
  const library = await api.library().catch(() => undefined)
  return library?.runbooks.get(name)?.revision
}
