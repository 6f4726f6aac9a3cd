import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { unsettled } from '../../aws/settled.ts'
import { type Pointer, pointerOf } from './pointers/pointer.ts'
import type { RdsPromoteStep } from './schema.ts'
import type { PromotionState } from './state.ts'

/** Whether applications reach the right database, which is at rest, and the other one is kept. */
export async function verify(
  step: RdsPromoteStep,
  state: PromotionState,
  context: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const pointer = await pointerOf(step, context.connection)
  return pointer ? led(pointer, step, state, context) : named(step, state, context)
}

/** Whether what leads to a database leads to the right one. */
async function led(
  pointer: Pointer,
  step: RdsPromoteStep,
  { name, serving, standby, lossSeconds }: PromotionState,
  { connection, signal }: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const family = familyOf(step)
  const [sight, present, kept] = await Promise.all([
    pointer.look({ signal }),
    family.byId(connection, serving, signal),
    family.byId(connection, standby, signal),
  ])
  const { name: called = '' } = present ?? {}
  const facts = { name, serving: called, kept: kept?.name ?? null, standby, lossSeconds }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (!present) return say('fail', `${serving} is not there any more`)
  if (!sight.leadsTo(present)) return say('fail', `${name} leads to ${sight.shown || 'nothing'}, not to ${called}`)
  const waiting = sight.waiting?.() ?? unsettled(connection, present, called)
  if (waiting) return { ...waiting, evidence: { summary: waiting.doing, facts } }
  if (!kept) return say('fail', `${standby}, which served before, is not there any more`)
  const note = sight.note ? `; ${sight.note}` : ''
  return say(
    'pass',
    `${name} leads to ${called} (${serving}); ${standby} is kept as ${kept.name}${told(lossSeconds)}${note}`,
  )
}

function told(lossSeconds: number | undefined): string {
  return lossSeconds === undefined ? '' : `; lost: ${lossSeconds} s of writes`
}

/** Whether the name leads to the right one, which is at rest, and the other one is kept under another name. */
async function named(
  step: RdsPromoteStep,
  { name, serving, standby, lossSeconds }: PromotionState,
  { connection, signal }: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const family = familyOf(step)
  const [holder, other] = await Promise.all([
    family.byName(connection, name, signal),
    family.byId(connection, standby, signal),
  ])
  const kept = other?.name
  const facts = { name, serving: holder?.id ?? null, kept: kept ?? null, standby, lossSeconds }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (holder && holder.id !== serving) return say('fail', `${name} is ${holder.id}, not ${serving}`)
  const arriving = holder ?? (await family.byId(connection, serving, signal))
  if (!arriving) return say('fail', `${serving} is not there any more`)
  if (!holder && arriving.status === 'available')
    return say('fail', `${name} leads to nothing; ${serving} is ${arriving.name}`)
  const waiting = unsettled(connection, arriving, name)
  if (waiting) return { ...waiting, evidence: { summary: waiting.doing, facts } }
  if (kept === undefined) return say('fail', `${standby}, which had the name before, is not there any more`)
  return say('pass', `${name} is ${serving}; ${standby} is kept as ${kept}${told(lossSeconds)}`)
}
