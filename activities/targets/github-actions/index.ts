import { defineTarget } from '../../../model/target.ts'
import { connect } from '../../github/connect.ts'
import { apply, runOf, stop } from './apply.ts'
import { plan } from './plan.ts'
import { runsOf } from './runs.ts'
import { GitHubActionsStep } from './schema.ts'
import { verify } from './verify.ts'

/** A workflow of GitHub Actions: started once, found again by the name of its run. */
export const gitHubActions = defineTarget({
  schema: GitHubActionsStep,
  connectionKind: 'github',
  connect,
  history: async ({ workflow }, { connection, signal }) =>
    (await runsOf(connection, workflow, 1, signal))
      .slice(0, 50)
      .map(({ id, title, createdAt, conclusion, status, url }, at) => ({
        ...{ id: String(id), title, current: at === 0, verified: false, createdAt },
        details: { ended: conclusion ?? status, url },
      })),
  plan,
  apply,
  verify,
  cancel: async (_step, { to }, context) => {
    const { run } = await runOf(context.connection, to, context)
    if (run && run.status !== 'completed') await stop(context.connection, run.id, context.signal)
  },
})
