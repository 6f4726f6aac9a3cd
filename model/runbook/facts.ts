import type { RunInput, RunState, StepState } from '../run.ts'
import type { Revision } from '../target.ts'
import type { Facts, ReleaseFacts } from './progress.ts'

/** What the expressions of a run may read at this time, in epoch milliseconds. Unknown things are absent. */
export function factsOf(input: RunInput, state: Pick<RunState, 'release' | 'steps'>, now: number): Facts {
  const { service, environment, runbook, alert } = input
  const ended = state.steps.filter(({ status }) => status === 'done' || status === 'skipped' || status === 'parked')
  return {
    ...{ service, environment, parameters: runbook?.parameters ?? {}, now },
    ...(alert && { alert }),
    ...(state.release && Object.keys(state.release).length > 0 && { release: state.release }),
    steps: Object.fromEntries(ended.map((step) => [step.id, { status: step.status, passed: passed(step) }])),
  }
}

/** Whether anything that the run may evaluate speaks of the release that is left. */
export function asksForRelease({ runbook, steps }: RunInput): boolean {
  const expressions = [
    ...(runbook?.questions ?? []).map(({ evidence }) => evidence),
    ...(runbook?.approvals ?? []).map(({ when }) => when),
    ...steps.map(({ when }) => when),
  ]
  return expressions.some((expression) => expression !== undefined && /\brelease\b/.test(expression))
}

/**
 * The facts of the release that these objects are at, the first object that tells one winning. An object that came
 * back to a revision which it had had before tells no time: the revision was made long before it was put there.
 */
export function releaseFacts(histories: readonly (readonly Revision[])[]): ReleaseFacts {
  const current = histories.flatMap((revisions) => revisions.find((revision) => revision.current) ?? [])
  const first = (read: (revision: Revision) => string | undefined) => current.map(read).find((value) => value)
  const version = first(({ details }) => details['version'])
  const commit = first(({ details }) => details['commit'])
  const deployedAt = first(
    ({ details, createdAt }) => details['deployedAt'] ?? (details['earlierNumbers'] ? undefined : createdAt),
  )
  const migrations = first(({ details }) => details['migrations'])
  return {
    ...(version && { version }),
    ...(commit && { commit }),
    ...(deployedAt && { deployedAt }),
    ...(migrations && { migrations: migrations.split(/[\s,]+/).filter(Boolean) }),
  }
}

/** Carried out, and nothing measured speaks against it. */
function passed({ status, verdict }: StepState): boolean {
  return status === 'done' && (verdict === undefined || verdict.status === 'pass')
}
