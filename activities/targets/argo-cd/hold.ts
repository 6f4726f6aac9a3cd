import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, Warning } from '../../../model/target.ts'
import type { Application } from '../../argo-cd/application.ts'
import type { Argo } from '../../argo-cd/connect.ts'
import { ownerOf, policyOwner } from './owners.ts'
import type { Windows } from './project.ts'
import type { ArgoCdStep } from './schema.ts'
import { type ArgoState, isOn, switchedOff } from './state.ts'

interface Situation {
  application: Application
  windows: Windows | undefined
  from: ArgoState
}

/**
 * How the step keeps auto-sync from bringing the bad version back. Throws TARGET_OWNED where it is on and no hold was chosen,
 * or where something would undo the hold; TARGET_FORBIDDEN where the project can't be read.
 */
export async function heldBy(
  step: ArgoCdStep,
  { application, windows, from }: Situation,
  context: CallContext<Argo>,
): Promise<Pick<ArgoState, 'hold' | 'automated'> & { warnings: Warning[] }> {
  if (from.hold !== 'none' || !isOn(from.automated)) return { hold: from.hold, automated: from.automated, warnings: [] }
  if (step.hold === undefined) throw unheld(application)
  if (step.hold === 'window' && windows === undefined)
    throw new UnwindError(
      'TARGET_FORBIDDEN',
      `the account of the token lacks "projects, get, ${application.project}", which a hold by a sync window needs; add that line, or take hold: disable-auto-sync`,
    )
  const owner = step.hold === 'window' ? windows && ownerOf(windows) : await policyOwner(application, context)
  if (owner !== undefined && !step.force) throw owned(step.hold, owner, application)
  return {
    hold: step.hold,
    automated: step.hold === 'window' ? from.automated : switchedOff(from.automated),
    warnings: [heldWarning(step, application, owner)],
  }
}

function unheld({ name, project }: Application): UnwindError {
  return new UnwindError(
    'TARGET_OWNED',
    `auto-sync of ${name} is on: Argo CD refuses a rollback then, and would deploy what Git holds again. Say hold: window (a sync window of project ${project} that denies automated syncs of it) or hold: disable-auto-sync, or take the commit back by a step of kind git-revert`,
  )
}

function owned(hold: 'window' | 'disable-auto-sync', owner: string, { name, project }: Application): UnwindError {
  const [what, other] =
    hold === 'window'
      ? [`project ${project}`, 'disable-auto-sync']
      : [`the sync policy of ${name}`, 'window, which nothing but the project shows']
  return new UnwindError(
    'TARGET_OWNED',
    `${owner} writes ${what} and would undo the hold. Say hold: ${other}; or force with a reason; or take the commit back by a step of kind git-revert`,
  )
}

function heldWarning({ hold }: ArgoCdStep, { name, project }: Application, owner: string | undefined): Warning {
  const how =
    hold === 'window'
      ? `a sync window of project ${project} denies automated syncs of it`
      : 'its auto-sync is switched off'
  const undone = owner === undefined ? '' : `; ${owner} may undo that`
  return {
    code: 'OWNED',
    message: `auto-sync would deploy what Git holds again: ${how} until Git agrees (${name})${undone}`,
    ...(owner !== undefined && { confirm: true }),
  }
}
