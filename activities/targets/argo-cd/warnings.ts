import type { CallContext, Warning } from '../../../model/target.ts'
import { at } from '../../ask.ts'
import { titleOf } from '../../kubernetes/manifest.ts'
import { deleted, type Pair } from '../../kubernetes/manifest-diff.ts'
import { type Application, sameContent, shown } from '../../argo-cd/application.ts'
import { type Argo, request } from '../../argo-cd/connect.ts'
import { hooksOf } from './manifests.ts'
import { letsThrough, type Windows } from './project.ts'
import type { ArgoCdStep } from './schema.ts'
import { type ArgoState, isOn } from './state.ts'

interface Situation {
  application: Application
  windows: Windows | undefined
  from: ArgoState
  to: ArgoState
  /** Absent where the difference can't be told. */
  pairs: readonly Pair[] | undefined
}

/** What the reader of the plan should know beside the choice and the hold. */
export async function warningsOf(
  step: ArgoCdStep,
  situation: Situation,
  context: CallContext<Argo>,
): Promise<Warning[]> {
  const { application, from, to } = situation
  const { name, running, sync } = application
  if (sameContent(from, to) && from.hold === to.hold)
    return [{ code: 'ALREADY_THERE', message: `${name} runs ${shown(to)} already` }]
  const [open, missing] = await Promise.all([letsThrough(application, context), missingRights(situation, context)])
  const git = sameContent(to, { revisions: sync.revisions, source: application.source })
  return [
    ...(running === undefined ? [] : [operationWarning(step, application)]),
    ...(open
      ? []
      : [
          confirmed(
            'SYNC_WINDOW',
            'a sync window of the project denies syncs by hand now, this one too; open it first',
          ),
        ]),
    ...(missing.length === 0
      ? []
      : [confirmed('RIGHTS_MISSING', `the account of the token lacks ${missing.join(' and ')}`)]),
    ...(to.hold === 'none' && isOn(to.automated) && !git
      ? [confirmed('AUTO_SYNC', 'auto-sync is on afterwards, and deploys what Git holds then')]
      : []),
    ...differenceWarnings(step, situation),
  ]
}

function operationWarning({ terminate }: ArgoCdStep, { running, name }: Application): Warning {
  const what = running?.content ? ` to ${shown(running.content)}` : ''
  const then = terminate
    ? 'it is ended'
    : 'it is waited for half a minute, then the step parks (terminate: true ends it)'
  return confirmed(
    'OPERATION_RUNNING',
    `an operation of ${running?.by ?? 'somebody'}${what} is under way on ${name}: ${then}`,
  )
}

function differenceWarnings({ prune }: ArgoCdStep, { application, pairs }: Situation): Warning[] {
  if (pairs === undefined)
    return [
      confirmed(
        'DIFF_UNKNOWN',
        'what changes can’t be shown: Argo CD renders only the present sources, and only what it can fetch from Git',
      ),
    ]
  const place = { namespace: application.destination }
  const gone = deleted(pairs, () => false).map((item) => titleOf(item, place))
  const hooks = hooksOf(pairs.flatMap(({ after }) => after ?? [])).map((item) => titleOf(item, place))
  const listed = (names: readonly string[]) => names.slice(0, 8).join(', ')
  return [
    ...(hooks.length > 0
      ? [{ code: 'HOOKS_SKIPPED', message: `a rollback runs no hooks: left out is ${listed(hooks)}` }]
      : []),
    ...(gone.length === 0
      ? []
      : prune
        ? [confirmed('PRUNED', `deleted is what the earlier deployment does not have: ${listed(gone)}`)]
        : [
            { code: 'NOT_PRUNED', message: `stays, although the earlier deployment does not have it: ${listed(gone)}` },
          ]),
  ]
}

/** The lines of RBAC that the account lacks, as Argo CD answers it. */
async function missingRights(
  { application, from, to }: Situation,
  { connection, signal }: CallContext<Argo>,
): Promise<string[]> {
  const { project, name } = application
  const rights = [
    ['applications', 'sync', `${project}/${name}`],
    ...(isOn(from.automated) ? [['applications', 'update', `${project}/${name}`]] : []),
    ...(to.hold === 'window' && from.hold !== 'window' ? [['projects', 'update', project]] : []),
  ]
  const asked = rights.map(async (right) => {
    const answer = await request(connection, { path: `/account/can-i/${right.join('/')}`, signal })
    return at(answer.json, 'value') === 'no' ? [`"${right.join(', ')}"`] : []
  })
  return (await Promise.all(asked)).flat()
}

function confirmed(code: string, message: string): Warning {
  return { code, message, confirm: true }
}
