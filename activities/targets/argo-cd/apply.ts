import { UnwindError } from '../../../model/errors.ts'
import type { Again, CallContext, Move } from '../../../model/target.ts'
import {
  type Application,
  deployedBy,
  type Operation,
  readApplication,
  sameContent,
  shown,
} from '../../argo-cd/application.ts'
import type { Argo } from '../../argo-cd/connect.ts'
import { letsThrough, readWindows, type Windows, writeWindow } from './project.ts'
import type { ArgoCdStep } from './schema.ts'
import { type ArgoState, isAt, isOn, sameAutomated, switchedOff } from './state.ts'
import { endOperation, startOperation, writeAutomated, type Written } from './writes.ts'

/** Between two looks at an operation. */
const LOOK = 500
/** So long an operation of somebody else is waited for. */
const PATIENCE = 30_000

interface Scene {
  step: ArgoCdStep
  move: Move<ArgoState>
  application: Application
  windows: Windows | undefined
  context: CallContext<Argo>
}

/**
 * One step onwards: the hold first, then the operation, then the sync policy as it shall be, then a hold that is no longer
 * wanted. What it finds done it does not do again; an operation to the same content is taken for its own.
 */
export async function apply(
  step: ArgoCdStep,
  move: Move<ArgoState>,
  context: CallContext<Argo>,
): Promise<{ state: ArgoState } | Again> {
  const application = await readApplication(step, context)
  const windows = await readWindows(application, context)
  if (isAt(application, windows, move.to)) return { state: move.to }
  const scene = { step, move, application, windows, context }
  if (application.running) return besides(scene, application.running)
  refuseStale(scene)
  refuseFailed(scene)
  if (move.to.hold === 'window' && windows?.own === undefined) return hold(scene, true)
  if (!arrived(scene)) return begin(scene)
  if (!sameAutomated(application.automated, move.to.automated)) return settlePolicy(scene)
  return move.to.hold !== 'window' && windows?.own !== undefined ? hold(scene, false) : settlePolicy(scene)
}

function arrived({ application, move }: Scene): boolean {
  const deployed = deployedBy(application)
  return deployed?.complete === true && sameContent(deployed, move.to)
}

/** An operation is under way: to the same content it is waited for, as ours; any other is somebody else's. */
async function besides({ step, move, application, context }: Scene, running: Operation): Promise<Again> {
  const ours = running.whole && sameContent(running.content, move.to)
  if (ours && /blocked by sync window/.test(running.message) && !(await letsThrough(application, context))) {
    // Left alone it would be carried out whenever the window opens, long after anybody has reckoned with it.
    if (running.phase !== 'Terminating') await endOperation(application, context)
    throw blocked(application)
  }
  if (running.phase === 'Terminating') return { again: LOOK, doing: 'waits until the operation before has ended' }
  if (ours) return { again: LOOK, doing: `waits for the operation to ${shown(move.to)}: ${running.phase}` }
  if (step.terminate) {
    await endOperation(application, context)
    return { again: LOOK, doing: `ends the operation of ${running.by} to ${shown(running.content)}` }
  }
  if (application.now - (running.startedAt ?? application.now) < PATIENCE)
    return { again: LOOK, doing: `waits for an operation of ${running.by} to ${shown(running.content)}` }
  throw new UnwindError(
    'TARGET_REJECTED',
    `an operation of ${running.by} to ${shown(running.content)} is under way on ${application.name} (${running.phase}); wait for it or end it (argocd app terminate-op ${application.name}), then retry; or say terminate: true`,
  )
}

function blocked({ project, name }: Application): UnwindError {
  return new UnwindError(
    'TARGET_REJECTED',
    `a sync window of project ${project} denies syncs of ${name} by hand now, so nothing was deployed; open it (manualSync: true), then retry`,
  )
}

/** Everything must be where the plan found it, or where this rollback has brought it. */
function refuseStale({ move: { from, to }, application }: Scene): void {
  const { automated, name } = application
  const deployed = deployedBy(application)
  const known = deployed !== undefined && [from, to].some((state) => sameContent(deployed, state))
  const policies = [from.automated, to.automated]
  const ours = [...policies, ...policies.map(switchedOff)].some((policy) => sameAutomated(policy, automated))
  if (known && ours) return
  const what = known ? 'changed its sync policy' : `deployed ${deployed ? shown(deployed) : 'nothing'}`
  throw new UnwindError('PLAN_STALE', `somebody has ${what} since the plan of ${name}; that is kept. Plan again`, {
    untouched: sameAutomated(automated, from.automated) && !(deployed && sameContent(deployed, to)),
  })
}

/** Ours has failed: begun since this attempt was, by the clock of Argo CD, whose times are whole seconds. */
function refuseFailed({ move: { to }, application, context }: Scene): void {
  const { last, now, name } = application
  const since = context.since + (now - Date.now())
  const failed = last?.whole && /^(Failed|Error)$/.test(last.phase) && sameContent(last.content, to)
  if (!failed || (last.startedAt ?? 0) + 1_000 < since) return
  const which = last.failed.length > 0 ? `: ${last.failed.slice(0, 5).join(', ')}` : ''
  throw new UnwindError(
    'TARGET_REJECTED',
    `the operation to ${shown(to)} ended as ${last.phase}${which}; read why with argocd app get ${name} --show-operation, mend it, then retry`,
  )
}

async function begin({ step, move: { to }, application, context }: Scene): Promise<Again> {
  if (!(await letsThrough(application, context))) throw blocked(application)
  if (isOn(application.automated)) {
    // What owns the policy may switch it on again at any time, so the operation is started right behind.
    const note = to.hold === 'disable-auto-sync' ? noteOf(context) : undefined
    const off = await writeAutomated(application, switchedOff(application.automated), note, context)
    if (off !== 'done') return lookAgain(off)
  }
  const started = await startOperation(step, application, to, context)
  return started === 'done' ? { again: LOOK, doing: `started the operation to ${shown(to)}` } : lookAgain(started)
}

async function settlePolicy({ move: { to }, application, context }: Scene): Promise<Again> {
  const note = to.hold === 'disable-auto-sync' ? noteOf(context) : undefined
  const written = await writeAutomated(application, to.automated, note, context)
  return written === 'done' ? { again: 0, doing: 'wrote the sync policy' } : lookAgain(written)
}

async function hold({ windows, application, context }: Scene, wanted: boolean): Promise<Again> {
  if (windows === undefined)
    throw new UnwindError(
      'TARGET_FORBIDDEN',
      `the account of the token lacks "projects, get, ${application.project}", which a hold by a sync window needs; add that line, then retry`,
    )
  const done = await writeWindow(windows, application, wanted, context)
  const doing = wanted ? 'holds auto-sync by a sync window' : 'takes the sync window away'
  return done ? { again: 0, doing } : lookAgain({ meanwhile: 'somebody changed the project' })
}

/** Who reads the application should see why its auto-sync is off. */
function noteOf({ rollbackId }: CallContext<Argo>): string {
  return `auto-sync is off for rollback ${rollbackId} of Unwind, until Git agrees`
}

function lookAgain({ meanwhile }: Exclude<Written, 'done'>): Again {
  return { again: LOOK, doing: `${meanwhile}; looks again` }
}
