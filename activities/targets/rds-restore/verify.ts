import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { nameOf } from '../../aws/fields.ts'
import { sameGroups } from '../../aws/groups.ts'
import { TAGS } from '../../aws/names.ts'
import { unsettled } from '../../aws/settled.ts'
import { tagOf } from '../../aws/tags.ts'
import { expanded } from '../../run-names.ts'
import { restorerFor } from './sort.ts'
import type { RdsRestoreStep } from './schema.ts'
import type { RestoreState } from './state.ts'

/** Whether the candidate is there, like its source in every setting, and in quarantine. */
export async function verify(
  step: RdsRestoreStep,
  state: RestoreState,
  { connection, rollbackId, signal }: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const name = expanded(state.candidate, rollbackId)
  const family = familyOf(step)
  const [found, source] = await Promise.all([
    family.byName(connection, name, signal),
    family.byId(connection, state.source, signal),
  ])
  const facts = { candidate: name, resourceId: found?.id, source: state.source }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (!state.exists) return say(found ? 'fail' : 'pass', `${name} is ${found ? 'still there' : 'not there'}`)
  if (!found) return say('fail', `there is no ${family.word} ${name}`)
  if (state.resourceId !== undefined && found.id !== state.resourceId)
    return say('fail', `${name} is ${found.id}, and ${state.resourceId} was restored`)
  if (!source)
    return say('inconclusive', `${nameOf(step)} (${state.source}) is gone, so nothing can be compared with it`)
  const waiting = unsettled(connection, found, name)
  if (waiting) return { ...waiting, evidence: { summary: waiting.doing, facts } }
  const wrong = [
    ...restorerFor(step).differences(source, found),
    ...(sameGroups(found.groups, state.quarantine) ? [] : [`security groups (${found.groups.join(', ')})`]),
  ]
  if (wrong.length > 0) return say('fail', `${name} differs from ${nameOf(step)} in: ${wrong.join(', ')}`)
  const restored = tagOf(found, TAGS.restoredTo)
  return say(
    'pass',
    `${name} (${found.id}) has the data of ${restored}, every setting of its source, and is in quarantine`,
  )
}
