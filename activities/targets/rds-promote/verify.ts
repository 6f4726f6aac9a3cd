import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { byId, byName } from '../../aws/instances.ts'
import { unsettled } from '../../aws/settled.ts'
import { type Pointer, pointerOf } from './pointers/pointer.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

/** Whether applications reach the right instance, which is at rest, and the other one is kept. */
export async function verify(
  step: RdsPromoteStep,
  state: PromotionState,
  context: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const pointer = await pointerOf(step, context.connection)
  return pointer ? led(pointer, state, context) : named(state, context)
}

/** Whether what leads to a database leads to the right one. */
async function led(
  pointer: Pointer,
  { name, serving, standby, lossSeconds }: PromotionState,
  { connection, signal }: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const [sight, present, kept] = await Promise.all([
    pointer.look({ signal }),
    byId(connection, serving, signal),
    byId(connection, standby, signal),
  ])
  const { DBInstanceIdentifier: called = '' } = present ?? {}
  const facts = { name, serving: called, kept: kept?.DBInstanceIdentifier ?? null, standby, lossSeconds }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (!present) return say('fail', `${serving} is not there any more`)
  if (!sight.leadsTo(present)) return say('fail', `${name} leads to ${sight.shown || 'nothing'}, not to ${called}`)
  const waiting = sight.waiting?.() ?? unsettled(connection, present, called)
  if (waiting) return { ...waiting, evidence: { summary: waiting.doing, facts } }
  if (!kept) return say('fail', `${standby}, which served before, is not there any more`)
  const note = sight.note ? `; ${sight.note}` : ''
  return say(
    'pass',
    `${name} leads to ${called} (${serving}); ${standby} is kept as ${kept.DBInstanceIdentifier}${told(lossSeconds)}${note}`,
  )
}

function told(lossSeconds: number | undefined): string {
  return lossSeconds === undefined ? '' : `; lost: ${lossSeconds} s of writes`
}

/** Whether the name leads to the right instance, which is at rest, and the other one is kept under another name. */
async function named(
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
  return say('pass', `${name} is ${serving}; ${standby} is kept as ${kept}${told(lossSeconds)}`)
}
