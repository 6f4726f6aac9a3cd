import { toTakeBack } from '../model/choices.ts'
import { missing } from '../model/policy.ts'
import { park } from './parking.ts'
import { end, enter, isOpen, type Run } from './record.ts'
import { awaitPeople } from './waiting.ts'

/** Whether the plan as it stands has all the approvals that it needs. */
export function approved({ state }: Run): boolean {
  if (!state.need) return true
  if (state.brokenGlass?.planDigest === state.planDigest) return true
  const given = state.approvals.filter(({ planDigest, stepId }) => planDigest === state.planDigest && !stepId)
  return missing(state.need, state.startedBy.subject, given) === 0
}

/** Waits until the plan is approved, rejected or too old. Time that runs out is a no. */
export async function awaitApproval(run: Run): Promise<void> {
  const { state } = run
  const { need } = state
  if (!need) return enter(run, 'planning')
  const since = state.needSince ?? Date.now()
  const waited = await awaitPeople(run, {
    summary: 'Waiting for approval',
    text: `Still waits for an approval: ${need.because.join('; ')}`,
    since,
    expires: since + Math.min(...need.rules.map((rule) => rule.expires)),
    answered: () => approved(run) || run.rejected === true,
    remind: least(need.rules.map(({ remind }) => remind)),
    always: true,
    escalate: least(need.rules.map(({ escalate }) => escalate)),
    keeper: state,
  })
  if (run.abort) return
  if (run.rejected) return refuse(run, 'rejected', 'The plan was rejected')
  if (approved(run)) return enter(run, 'planning')
  if (waited === 'expired') refuse(run, 'expired', 'Nobody approved the plan in time')
}

/** A no before anything was changed ends the run. Later it stops the rest, and a person says what becomes of the changes. */
function refuse(run: Run, outcome: 'rejected' | 'expired', because: string): void {
  const { state } = run
  const next = state.steps.find((step) => !step.begun && isOpen(step))
  if (!next || toTakeBack(state).length === 0) return end(run, outcome, `${because}; nothing was changed by it`)
  delete run.rejected
  const code = outcome === 'rejected' ? 'STEP_DECLINED' : 'APPROVAL_EXPIRED'
  park(run, next, 'plan', { code, message: `${because}. Retry plans what is left and asks again.` })
}

/** The shortest of the spans that are there. */
export function least(spans: readonly (number | undefined)[]): number | undefined {
  const known = spans.filter((span) => span !== undefined)
  return known.length > 0 ? Math.min(...known) : undefined
}
