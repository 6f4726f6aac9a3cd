import type { CallContext, Revision } from '../../../model/target.ts'
import { fetched } from '../../git/clone.ts'
import type { Repository } from '../../git/connect.ts'
import { commitsOf } from './commits.ts'
import type { GitRevertStep } from './schema.ts'
import { pathOf } from './state.ts'

/** The commits of the branch that changed the path, newest first; a merge counts as one. */
export async function history(step: GitRevertStep, context: CallContext<Repository>): Promise<Revision[]> {
  const clone = await fetched(context.connection, context.signal)
  const commits = await commitsOf(clone, ['-50', '--first-parent', clone.head], [pathOf(step, clone.repository)])
  return commits.map(({ id, author, subject, at }, index) => ({
    ...{ id, title: subject, current: index === 0, verified: false, createdAt: at },
    details: { author },
  }))
}
