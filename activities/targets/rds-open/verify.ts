import type { Again, CallContext, Evidence, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { sameGroups } from '../../aws/groups.ts'
import { openedAt, TAGS } from '../../aws/names.ts'
import { unsettled } from '../../aws/settled.ts'
import { tagOf } from '../../aws/tags.ts'
import type { RdsOpenStep } from './schema.ts'
import type { OpenState } from './state.ts'

/** Whether what serves lets applications in, by the groups that it was to have, and is at rest. */
export async function verify(
  step: RdsOpenStep,
  { name, serving, open }: OpenState,
  { connection, signal }: CallContext<Aws>,
): Promise<Verdict | (Again & { evidence: Evidence })> {
  const found = await familyOf(step).byId(connection, serving, signal)
  const since = found && openedAt(found)
  const facts = { name, serving, called: found?.name ?? null, openedAt: since ?? null, groups: found?.groups ?? [] }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (!found) return say('fail', `${serving} is not there any more`)
  if (!open) return say(since ? 'fail' : 'pass', `${found.name} is ${since ? `open since ${since}` : 'not open'}`)
  if (tagOf(found, TAGS.serves) === undefined) return say('fail', `${found.name} (${serving}) serves in nobody's place`)
  if (!since) return say('fail', `${found.name} is not open`)
  const wanted = tagOf(found, TAGS.opens)?.split(' ')
  if (wanted && !sameGroups(wanted, found.groups))
    return say('fail', `${found.name} has the groups ${found.groups.join(', ')}, not ${wanted.join(', ')}`)
  const waiting = unsettled(connection, found, found.name)
  if (waiting) return { ...waiting, evidence: { summary: waiting.doing, facts } }
  return say('pass', `${found.name} (${serving}) is open to applications since ${since}`)
}
