import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import { differences } from '../../aws/attributes.ts'
import type { Aws } from '../../aws/connect.ts'
import { byId, byName, tagOf } from '../../aws/instances.ts'
import { TAGS } from '../../aws/names.ts'
import { unsettled } from '../../aws/settled.ts'
import { expanded } from '../../run-names.ts'
import type { RdsRestoreStep } from './schema.ts'
import type { RestoreState } from './state.ts'

/** Whether the candidate is there, like its source in every setting, and in quarantine. */
export async function verify(
  step: RdsRestoreStep,
  state: RestoreState,
  { connection, rollbackId, signal }: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const name = expanded(state.candidate, rollbackId)
  const [found, source] = await Promise.all([byName(connection, name, signal), byId(connection, state.source, signal)])
  const facts = { candidate: name, resourceId: found?.DbiResourceId, source: state.source }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (!state.exists) return say(found ? 'fail' : 'pass', `${name} is ${found ? 'still there' : 'not there'}`)
  if (!found) return say('fail', `there is no instance ${name}`)
  if (state.resourceId !== undefined && found.DbiResourceId !== state.resourceId)
    return say('fail', `${name} is ${found.DbiResourceId}, and ${state.resourceId} was restored`)
  if (!source)
    return say('inconclusive', `${step.instance} (${state.source}) is gone, so nothing can be compared with it`)
  const waiting = unsettled(connection, found, name)
  if (waiting) return { ...waiting, evidence: { summary: waiting.doing, facts } }
  const groups = (found.VpcSecurityGroups ?? []).map(({ VpcSecurityGroupId }) => VpcSecurityGroupId).toSorted()
  const wrong = [
    ...differences(source, found),
    ...(groups.join() === state.quarantine.toSorted().join() ? [] : [`security groups (${groups.join(', ')})`]),
  ]
  if (wrong.length > 0) return say('fail', `${name} differs from ${step.instance} in: ${wrong.join(', ')}`)
  const restored = tagOf(found, TAGS.restoredTo)
  return say(
    'pass',
    `${name} (${found.DbiResourceId}) has the data of ${restored}, every setting of its source, and is in quarantine`,
  )
}
