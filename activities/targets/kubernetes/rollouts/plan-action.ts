import { UnwindError } from '../../../../model/errors.ts'
import type { CallContext, Plan, Warning } from '../../../../model/target.ts'
import { isPromoted } from './rollout.ts'
import type { ArgoRolloutsStep } from './schema.ts'
import { label, stableBeside, type Standing } from './standing.ts'
import { parseState, type RolloutState } from './state.ts'

type Planned = Omit<Plan<RolloutState>, 'object' | 'limits'>

/** What an abort, a retry or a full promotion would do: all of them are of the update in progress alone. */
export function planAction(step: ArgoRolloutsStep, here: Standing, { towards }: CallContext): Planned {
  const state = towards && parseState(towards)
  if (step.action === 'promote-full') return planPromotion(here)
  const aborts = state?.aborted ?? step.action === 'abort'
  return aborts ? planAbort(here) : planRetry(here)
}

function planAbort(here: Standing): Planned {
  const { sight, from, aborted } = here
  const { workload, namespace } = sight.spot
  const [current, stable] = [inProgress(here, 'an abort'), stableBeside(here)]
  const [state, to] = [
    { ...from, aborted },
    { ...from, aborted: true },
  ]
  const back = stable ? label(stable) : 'the stable revision'
  const message = `an abort is no restore: the spec of ${workload} still names ${label(current)}, and the next change or retry deploys it again; let a step with action: undo, to: stable follow`
  return {
    ...moving(state, to, ['aborted', aborted, true]),
    summary: aborted
      ? `${workload} in ${namespace}: the update to ${label(current)} is aborted already`
      : `${workload} in ${namespace}: aborts the update to ${label(current)}, back to ${back}`,
    reversible: true,
    warnings: [
      ...(aborted ? [{ code: 'ALREADY_THERE', message: `${workload} is aborted already` }] : []),
      { code: 'ABORT_IS_NO_RESTORE', message },
    ],
    impact: aborted ? [] : scaling(here),
    artifacts: { from: current.images, to: stable?.images ?? [] },
  }
}

function planRetry(here: Standing): Planned {
  const { sight, from, aborted } = here
  const { workload, namespace } = sight.spot
  const current = inProgress(here, 'a retry')
  const to = { ...from, aborted: false }
  const already: Warning = { code: 'ALREADY_THERE', message: `the update of ${workload} is not aborted` }
  return {
    ...moving({ ...from, aborted }, to, ['aborted', aborted, false]),
    summary: `${workload} in ${namespace}: ${aborted ? 'begins' : 'goes on with'} the update to ${label(current)}${aborted ? ' again' : ''}`,
    reversible: true,
    warnings: aborted ? [] : [already],
  }
}

/** Nothing brings the steps back that were skipped; the earlier revision is an undo away. */
function planPromotion(here: Standing): Planned {
  const { sight, from } = here
  const { workload, namespace } = sight.spot
  const [current, stable] = [inProgress(here, 'a full promotion'), stableBeside(here)]
  const message = `${workload} takes ${label(current)} without its remaining steps, pauses and analysis`
  return {
    ...moving({ ...from, promoted: false }, { ...from, promoted: true }, ['promoted', false, true]),
    summary: `${workload} in ${namespace}: promotes ${label(current)} fully`,
    reversible: {
      because: `steps that were skipped do not come back; undo goes to ${stable ? label(stable) : 'the revision before'}`,
    },
    warnings: [{ code: 'ANALYSIS_SKIPPED', message, confirm: true }],
    artifacts: { from: stable?.images ?? [], to: current.images },
  }
}

/** Of a Rollout whose present revision is stable the controller takes each of these words back, without one of its own. */
function inProgress({ sight: { rollout, spot }, current }: Standing, what: string) {
  if (current && !isPromoted(rollout)) return current
  const present = current ? `${label(current)} is stable` : 'its controller refuses the spec'
  throw new UnwindError(
    'NO_ROLLBACK_TARGET',
    `${spot.workload} in ${spot.namespace} has no update in progress (${present}), so ${what} would do nothing; go back with action: undo`,
  )
}

function moving(from: RolloutState, to: RolloutState, [path, before, after]: [string, boolean, boolean]) {
  const there = before === after
  const change = { path, from: String(before), to: String(after) }
  return { from: there ? to : from, to, changes: there ? [] : [change] }
}

/** Without a traffic router pods are the weight, so the stable revision has lost some that have to start again. */
function scaling({ sight: { rollout }, ...here }: Standing): string[] {
  const stable = stableBeside({ sight: { rollout } as Standing['sight'], ...here })
  const missing = (rollout.spec.replicas ?? 1) - (stable?.available ?? 0)
  return stable && missing > 0 ? [`${missing} pods of ${label(stable)} have to start first`] : []
}
