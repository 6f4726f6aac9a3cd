import { condition } from '@temporalio/workflow'
import { missing } from '../model/policy.ts'
import { mustContinue } from './continuing.ts'
import { end, enter, type Run } from './record.ts'

/** Whether the plan as it stands has all the approvals that it needs. */
export function approved({ state }: Run): boolean {
  if (!state.need) return true
  if (state.brokenGlass?.planDigest === state.planDigest) return true
  const given = state.approvals.filter((approval) => approval.planDigest === state.planDigest)
  return missing(state.need, state.startedBy.subject, given) === 0
}

/** Waits until the plan is approved, rejected or too old. Time that runs out is a no. */
export async function awaitApproval(run: Run): Promise<void> {
  const { state } = run
  const { need } = state
  if (!need) return enter(run, 'planning')
  const expires = (state.needSince ?? Date.now()) + Math.min(...need.rules.map((rule) => rule.expires))
  const answered = () => approved(run) || run.rejected === true || run.abort !== undefined
  const left = Math.max(1, expires - Date.now())
  const woken = await condition(() => answered() || mustContinue(run), left, { summary: 'Waiting for approval' })
  if (run.abort) return
  if (run.rejected) return end(run, 'rejected', 'The plan was rejected; nothing was changed by it')
  if (approved(run)) return enter(run, 'planning')
  if (!woken) end(run, 'expired', 'Nobody approved the plan in time; nothing was changed by it')
}
