import type { CallContext, Revision } from '../../../../model/target.ts'
import type { Cluster } from '../../../kubernetes/connect.ts'
import { history as ofWorkload } from '../history.ts'
import { alone, membersOf } from './members.ts'
import type { KubernetesReleaseStep } from './schema.ts'

const REVISIONS = 50

/** What each of the workloads could go back to, under its name. */
export async function history(step: KubernetesReleaseStep, context: CallContext<Cluster>): Promise<Revision[]> {
  const members = await membersOf(step, context)
  const lists = await Promise.all(
    members.map(async (workload) => {
      const revisions = await ofWorkload(alone(step, workload), context)
      return revisions.map((revision) => ({ ...revision, id: `${workload} ${revision.id}` }))
    }),
  )
  return lists.flat().slice(0, REVISIONS)
}
