import type { CallContext, Move, Settled } from '../../../model/target.ts'
import { type Application, readApplication, shown } from '../../argo-cd/application.ts'
import type { Argo } from '../../argo-cd/connect.ts'
import { readWindows, type Windows, writeWindow } from './project.ts'
import type { ArgoCdStep } from './schema.ts'
import { type ArgoState, holdOn } from './state.ts'
import { writeAutomated } from './writes.ts'

/**
 * Lets go of the hold once Argo CD, having looked at Git and at the cluster, finds that what Git renders is what runs: auto-sync
 * has nothing to do then. A hold that is gone already is settled too.
 */
export async function settle(
  step: ArgoCdStep,
  { from, to }: Move<ArgoState>,
  context: CallContext<Argo>,
): Promise<Settled> {
  const application = await readApplication(step, context, 'normal')
  const windows = await readWindows(application, context)
  const { name, sync, running } = application
  const facts = { sync: sync.status, git: sync.revisions.join(', ') }
  const told = (settled: boolean, summary: string): Settled => ({
    settled,
    evidence: { summary: `${name} ${summary}`, facts },
  })
  if (holdOn(application, windows) !== to.hold) return told(true, `is no longer held by ${to.hold}`)
  if (running) return told(false, `has an operation of ${running.by} under way`)
  const git = shown({ revisions: sync.revisions })
  if (sync.status !== 'Synced')
    return told(false, `stays held: what Git holds at ${git} is not what runs (${sync.status})`)
  if (!(await released(application, windows, { from, to }, context))) return told(false, 'was changed meanwhile')
  return told(true, `is let go: what Git holds at ${git} is what runs`)
}

async function released(
  application: Application,
  windows: Windows | undefined,
  { from, to }: Move<ArgoState>,
  context: CallContext<Argo>,
): Promise<boolean> {
  if (to.hold === 'window') return windows !== undefined && writeWindow(windows, application, false, context)
  return (await writeAutomated(application, from.automated, undefined, context)) === 'done'
}
