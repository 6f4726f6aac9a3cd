import type { CallContext, Verdict } from '../../../model/target.ts'
import type { Aws } from '../../aws/connect.ts'
import { familyOf } from '../../aws/families.ts'
import { snapshotsFor } from '../../aws/snapshots/sort.ts'
import type { RdsCleanupStep } from './schema.ts'
import type { CleanupState } from './state.ts'

/** Whether it is gone, its final snapshot can be restored from, and its successor is there. */
export async function verify(
  step: RdsCleanupStep,
  { resourceId, instance, snapshot, successor }: CleanupState,
  { connection, signal }: CallContext<Aws>,
): Promise<Verdict> {
  const family = familyOf(step)
  const [found, serving, kept] = await Promise.all([
    family.byId(connection, resourceId, signal),
    family.byId(connection, successor, signal),
    snapshotsFor(step).read(connection, snapshot, signal),
  ])
  const facts = { instance, resourceId, snapshot, successor }
  const say = (status: Verdict['status'], summary: string): Verdict => ({ status, evidence: { summary, facts } })
  if (found) return say('fail', `${instance} (${resourceId}) is still there, ${found.status}`)
  if (kept?.of !== resourceId || kept.status !== 'available')
    return say('fail', `snapshot ${snapshot} of ${resourceId} is ${kept?.status ?? 'not there'}`)
  if (!serving) return say('fail', `${successor}, which served in its place, is not there any more`)
  return say('pass', `${instance} (${resourceId}) is gone; snapshot ${snapshot} and its automated backups are kept`)
}
