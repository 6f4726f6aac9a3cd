import type { Connection } from '../../../model/configuration.ts'
import { UnwindError } from '../../../model/errors.ts'
import { defineCheck, type MeasureContext } from '../../../model/measurement.ts'
import type { Verdict } from '../../../model/target.ts'
import { type Application, readApplication, shown } from '../../argo-cd/application.ts'
import { type Argo, connect } from '../../argo-cd/connect.ts'
import { commitsLeft, isOneOf } from '../commits.ts'
import { ArgoCdMeasurement } from './schema.ts'

/** Measures by one look at the application and one at the branch. What Argo CD has not applied yet fails this look; a later one may pass. */
export const argoCdCheck = defineCheck<typeof ArgoCdMeasurement, Connection>({
  schema: ArgoCdMeasurement,
  measure: async (measurement, { connection, verify, signal }) => {
    const { 'argo-cd': which, appNamespace, project, of } = measurement
    const argo = await open(measurement, connection)
    const application = which.slice('application/'.length)
    const [found, commits] = await Promise.all([
      readApplication({ application, appNamespace, project }, { connection: argo, signal }, 'normal'),
      commitsLeft(of, verify),
    ])
    return Array.isArray(commits) ? judged(found, commits, which) : commits
  },
})

async function open(
  { server = 'argo-cd' }: ArgoCdMeasurement,
  connection: MeasureContext<Connection>['connection'],
): Promise<Argo> {
  const entry = connection?.entry
  if (!connection || entry?.kind !== 'argo-cd')
    throw new UnwindError('CONFIGURATION_INVALID', `connection ${server} is not of kind argo-cd; correct unwind.yaml`)
  const { environment: _environment, taskQueue: _taskQueue, kind: _kind, ...pin } = entry
  return connect({ ...connection.credentials, pin }, connection.name)
}

function judged({ sync, health, running }: Application, commits: readonly string[], which: string): Verdict {
  const facts = { revisions: sync.revisions.join(', '), sync: sync.status, health: health.status }
  const found = (good: boolean, what: string): Verdict => ({
    ...{ status: good ? 'pass' : 'fail', evidence: { summary: `${which} ${what}`, facts } },
  })
  const git = shown(sync) || 'nothing'
  if (!sync.revisions.some((revision) => isOneOf(revision, commits)))
    return found(false, `was held against ${git}, which does not have the change yet`)
  if (running) return found(false, `has an operation of ${running.by} under way`)
  if (sync.status !== 'Synced') return found(false, `does not run ${git} yet (${sync.status})`)
  return found(health.status === 'Healthy', `runs ${git} and is ${health.status}`)
}
