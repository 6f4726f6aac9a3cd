import { milliseconds, readable } from '../../../model/duration.ts'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Plan, Revision } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import type { Held } from '../../aws/held.ts'
import { derived } from '../../aws/names.ts'
import type { Window } from './restorer.ts'
import { restorerFor } from './sort.ts'
import type { RdsRestoreStep } from './schema.ts'
import { refuseUnfit, roomFor, windowOf } from './source.ts'
import { parseState, type RestoreState } from './state.ts'

/** An empty instance takes 25 minutes; the log of a busy day is replayed besides. */
const LIMIT = 6 * 60 * 60_000
const VERIFY_LIMIT = 5 * 60_000

/** The window as two revisions: the latest moment that can be restored, and the earliest. */
export async function history(step: RdsRestoreStep, context: CallContext<Aws>): Promise<Revision[]> {
  const { connection, signal } = context
  const source = await familyOf(step).required(connection, nameOf(step), signal)
  const { latest, earliest } = await windowOf(step, source, context)
  return [latest, earliest].map((moment, index) => ({
    ...{ id: moment.toISOString(), title: index === 0 ? 'latest restorable moment' : 'earliest restorable moment' },
    ...{ current: false, verified: false, createdAt: moment.toISOString(), details: {} },
  }))
}

/** What would be restored, whether it can be, and what it would lose. Reads only. */
export async function plan(step: RdsRestoreStep, context: CallContext<Aws>): Promise<Plan<RestoreState>> {
  const { connection, signal, towards } = context
  const [family, name, restorer] = [familyOf(step), nameOf(step), restorerFor(step)]
  const source = await family.required(connection, name, signal)
  const base = {
    object: `aws/${connection.account}/${connection.region}/db/${source.id}/restore`,
    limits: { apply: LIMIT, verify: VERIFY_LIMIT },
    data: true,
  }
  if (towards) return { ...base, ...back(parseState(towards)) }
  const { quarantine } = step
  if (!quarantine)
    throw new UnwindError(
      'INVALID_REQUEST',
      `name the security groups that ${name}'s copy is born with (quarantine: [sg-…]); otherwise whoever reaches the default group can write to it`,
    )
  refuseUnfit(step, source)
  const window = await windowOf(step, source, context)
  refuseOutside(step, window)
  // In a drill the name that the step gives is left to the rollback that may need it meanwhile.
  const given = context.drill ? undefined : step.as?.toLowerCase()
  const candidate = given ?? derived(name, 'rb')
  if (given && (await family.byName(connection, candidate, signal)))
    throw new UnwindError('TARGET_REJECTED', `${candidate} is there already; give the new one another name`)
  const shared = {
    ...{ source: source.id, candidate, at: step.at, settings: restorer.settings(source), quarantine },
    ...(step.maxLoss && { maxLoss: step.maxLoss }),
  }
  return {
    ...base,
    summary: `${name} (${source.id}) as of ${step.at} → new ${family.word} ${candidate}`,
    from: { ...shared, exists: false },
    to: { ...shared, exists: true },
    changes: [
      { path: family.word, to: candidate },
      { path: 'data of', to: step.at },
      { path: 'security groups', to: quarantine.join(', ') },
    ],
    reversible: true,
    warnings: [...restorer.warnings(source), ...(await roomFor(connection, signal))],
    impact: impactOf(step, source, window),
    lost: [lossOf(step, window)],
  }
}

/** What an earlier run restored is kept: by then somebody may have use for it. */
function back(state: RestoreState): Omit<Plan<RestoreState>, 'object' | 'limits'> {
  const there = { ...state, exists: false }
  const message = 'what the earlier run restored is kept; delete it once nobody misses anything in it'
  return {
    summary: 'nothing to do: a restore leaves its source alone',
    ...{ from: there, to: there, changes: [], reversible: true },
    warnings: [{ code: 'CANDIDATE_KEPT', message }],
  }
}

/** Before the window nothing can be restored; what lies less than the log's lag ago is waited for. */
function refuseOutside(step: RdsRestoreStep, { earliest, latest }: Window): void {
  const { at, patience, maxLoss } = step
  if (at === 'latest') return
  const [moment, now] = [new Date(at), Date.now()]
  const range = `${earliest.toISOString()} to ${latest.toISOString()}`
  if (moment < earliest || moment.getTime() > now || moment.getTime() - latest.getTime() > milliseconds(patience))
    throw new UnwindError(
      'NO_ROLLBACK_TARGET',
      `${nameOf(step)} can't be restored to ${at}; it can to moments from ${range}, and a later one within ${patience} has to be waited for`,
    )
  if (maxLoss && now - moment.getTime() > milliseconds(maxLoss))
    throw new UnwindError(
      'TARGET_REJECTED',
      `going back to ${at} loses ${seconds(now - moment.getTime())} of writes, more than the ${maxLoss} that the step allows; raise maxLoss or choose a later moment`,
    )
}

function lossOf(step: RdsRestoreStep, { latest }: Window): string {
  const { at } = step
  const moment = at === 'latest' ? latest : new Date(at)
  const span = seconds(Math.max(0, Date.now() - moment.getTime()))
  return `what was written to ${nameOf(step)} after ${moment.toISOString()}: ${span} by now, exact once it is fenced`
}

function impactOf(step: RdsRestoreStep, source: Held, { latest }: Window): string[] {
  const { at } = step
  const wait = at === 'latest' ? 0 : new Date(at).getTime() - latest.getTime()
  return [
    `takes 20 min and more (${restorerFor(step).size(source)}); ${source.name} goes on serving meanwhile`,
    ...(wait > 0 ? [`waits about ${readable(wait)} first, until the log of that moment is backed up`] : []),
  ]
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
