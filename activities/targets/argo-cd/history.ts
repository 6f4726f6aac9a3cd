import type { CallContext, Revision } from '../../../model/target.ts'
import { deployedBy, readApplication, sameContent, shown } from '../../argo-cd/application.ts'
import type { Argo } from '../../argo-cd/connect.ts'
import type { ArgoCdStep } from './schema.ts'

/** The deployments that Argo CD keeps: successful syncs of everything. It does not record whether they ran well. */
export async function history(step: ArgoCdStep, context: CallContext<Argo>): Promise<Revision[]> {
  const application = await readApplication(step, context)
  const deployed = deployedBy(application)
  return application.history.slice(0, 50).map((entry, index) => ({
    ...{ id: String(entry.id), title: shown(entry), verified: false, createdAt: entry.at },
    current: index === 0 && deployed !== undefined && sameContent(entry, deployed),
    details: { by: entry.by, revisions: entry.revisions.join(', ') },
  }))
}
