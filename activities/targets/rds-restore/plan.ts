import type { DBInstance } from '@aws-sdk/client-rds'
import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision } from '../../../model/target.ts'
import { settingsHash } from '../../aws/attributes.ts'
import type { Aws } from '../../aws/connect.ts'
import { byName, required } from '../../aws/instances.ts'
import { derived } from '../../aws/names.ts'
import type { RdsRestoreStep } from './schema.ts'
import { refuseUnfit, roomFor, type Window, windowOf } from './source.ts'
import { parseState, type RestoreState } from './state.ts'

/** An empty instance takes 25 minutes; the log of a busy day is replayed besides. */
const LIMIT = 6 * 60 * 60_000
const VERIFY_LIMIT = 5 * 60_000

/** The window as two revisions: the latest moment that can be restored, and the earliest. */
export async function history(step: RdsRestoreStep, context: CallContext<Aws>): Promise<Revision[]> {
  const { connection, signal } = context
  const { latest, earliest } = await windowOf(connection, await required(connection, step.instance, signal), signal)
  return [latest, earliest].map((moment, index) => ({
    ...{ id: moment.toISOString(), title: index === 0 ? 'latest restorable moment' : 'earliest restorable moment' },
    ...{ current: false, verified: false, createdAt: moment.toISOString(), details: {} },
  }))
}

/** What would be restored, whether it can be, and what it would lose. Reads only. */
export async function plan(step: RdsRestoreStep, context: CallContext<Aws>): Promise<Plan<RestoreState>> {
  const { connection, signal, towards } = context
  const source = await required(connection, step.instance, signal)
  const { DbiResourceId = '' } = source
  const base = {
    object: `aws/${connection.account}/${connection.region}/db/${DbiResourceId}/restore`,
    limits: { apply: LIMIT, verify: VERIFY_LIMIT },
    data: true,
  }
  if (towards) return { ...base, ...back(parseState(towards)) }
  const { quarantine } = step
  if (!quarantine)
    throw new UnwindError(
      'INVALID_REQUEST',
      `name the security groups that ${step.instance}'s copy is born with (quarantine: [sg-…]); otherwise whoever reaches the default group can write to it`,
    )
  refuseUnfit(source)
  const window = await windowOf(connection, source, signal)
  refuseOutside(step, window)
  // In a drill the name that the step gives is left to the rollback that may need it meanwhile.
  const given = context.drill ? undefined : step.as?.toLowerCase()
  const candidate = given ?? derived(step.instance.toLowerCase(), 'rb')
  if (given && (await byName(connection, candidate, signal)))
    throw new UnwindError('TARGET_REJECTED', `an instance ${candidate} is there already; give the new one another name`)
  const shared = {
    ...{ source: DbiResourceId, candidate, at: step.at, settings: settingsHash(source), quarantine },
    ...(step.maxLoss && { maxLoss: step.maxLoss }),
  }
  return {
    ...base,
    summary: `${step.instance} (${DbiResourceId}) as of ${step.at} → new instance ${candidate}`,
    from: { ...shared, exists: false },
    to: { ...shared, exists: true },
    changes: [
      { path: 'instance', to: candidate },
      { path: 'data of', to: step.at },
      { path: 'security groups', to: quarantine.join(', ') },
    ],
    reversible: true,
    warnings: await roomFor(connection, signal),
    impact: impactOf(step, source, window),
    lost: [lossOf(step, window)],
  }
}

/** What an earlier run restored is kept: by then somebody may have use for it. */
function back(state: RestoreState): Omit<Plan<RestoreState>, 'object' | 'limits'> {
  const there = { ...state, exists: false }
  const message = 'the instance that the earlier run restored is kept; delete it once nobody misses anything in it'
  return {
    summary: 'nothing to do: a restore leaves its source alone',
    ...{ from: there, to: there, changes: [], reversible: true },
    warnings: [{ code: 'CANDIDATE_KEPT', message }],
  }
}

/** Before the window nothing can be restored; what lies less than the log's lag ago is waited for. */
function refuseOutside({ at, patience, instance, maxLoss }: RdsRestoreStep, { earliest, latest }: Window): void {
  if (at === 'latest') return
  const [moment, now] = [new Date(at), Date.now()]
  const range = `${earliest.toISOString()} to ${latest.toISOString()}`
  if (moment < earliest || moment.getTime() > now || moment.getTime() - latest.getTime() > milliseconds(patience))
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `${instance} can't be restored to ${at}; it can to moments from ${range}, and a later one within ${patience} has to be waited for`,
    )
  if (maxLoss && now - moment.getTime() > milliseconds(maxLoss))
    throw new UnwindError(
      'TARGET_REJECTED',
      `going back to ${at} loses ${seconds(now - moment.getTime())} of writes, more than the ${maxLoss} that the step allows; raise maxLoss or choose a later moment`,
    )
}

function lossOf({ at, instance }: RdsRestoreStep, { latest }: Window): string {
  const moment = at === 'latest' ? latest : new Date(at)
  const span = seconds(Math.max(0, Date.now() - moment.getTime()))
  return `what was written to ${instance} after ${moment.toISOString()}: ${span} by now, exact once it is fenced`
}

function impactOf({ at, instance }: RdsRestoreStep, source: DBInstance, { latest }: Window): string[] {
  const wait = at === 'latest' ? 0 : new Date(at).getTime() - latest.getTime()
  return [
    `takes 20 min and more (${source.AllocatedStorage ?? 0} GiB); ${instance} goes on serving meanwhile`,
    ...(wait > 0 ? [`waits about ${readable(wait)} first, until the log of that moment is backed up`] : []),
  ]
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
