import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { byId, byName } from '../../aws/instances.ts'
import { unsettled } from '../../aws/settled.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

/** Whether the name leads to the right instance, which is at rest, and the other one is kept under another name. */
export async function verify(
  _step: RdsPromoteStep,
  { name, serving, standby, lossSeconds }: PromotionState,
  { connection, signal }: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const [holder, other] = await Promise.all([byName(connection, name, signal), byId(connection, standby, signal)])
  const kept = other?.DBInstanceIdentifier
  const facts = { name, serving: holder?.DbiResourceId ?? null, kept: kept ?? null, standby, lossSeconds }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (holder && holder.DbiResourceId !== serving)
    return say('fail', `${name} is ${holder.DbiResourceId}, not ${serving}`)
  const arriving = holder ?? (await byId(connection, serving, signal))
  if (!arriving) return say('fail', `${serving} is not there any more`)
  if (!holder && arriving.DBInstanceStatus === 'available')
    return say('fail', `${name} leads to no instance; ${serving} is ${arriving.DBInstanceIdentifier}`)
  const waiting = unsettled(connection, arriving, name)
  if (waiting) return { ...waiting, evidence: { summary: waiting.doing, facts } }
  if (kept === undefined) return say('fail', `${standby}, which had the name before, is not there any more`)
  const loss = lossSeconds === undefined ? '' : `; lost: ${lossSeconds} s of writes`
  return say('pass', `${name} is ${serving}; ${standby} is kept as ${kept}${loss}`)
}
