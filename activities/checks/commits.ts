import { UnwindError } from '../../model/errors.ts'
import type { MeasureContext } from '../../model/measurement.ts'
import type { Verdict } from '../../model/target.ts'

/**
 * The commits of a branch that have what the step `of` has left in Git, or the verdict that the branch no longer holds it.
 * Throws CONFIGURATION_INVALID for a step that leaves none.
 */
export async function commitsLeft(of: string, verify: MeasureContext['verify']): Promise<string[] | Verdict> {
  if (!verify) throw new UnwindError('INTERNAL', `the run holds no state of step ${of}`)
  const branch = await verify()
  if (!('status' in branch) || branch.status !== 'pass') return { status: 'fail', evidence: branch.evidence }
  const commits = branch.evidence.facts?.['commits']
  if (Array.isArray(commits)) return commits.map(String)
  throw new UnwindError('CONFIGURATION_INVALID', `step ${of} says no commit; name one of kind git-revert`)
}

/** Whether a revision is one of these commits, each of which may be the beginning of one. */
export function isOneOf(revision: string, commits: readonly string[]): boolean {
  return commits.some((id) => revision.startsWith(id))
}
