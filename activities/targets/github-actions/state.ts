import { createHash } from 'node:crypto'
import { UnwindError } from '../../../model/errors.ts'
import type { CallContext, State } from '../../../model/target.ts'

/** What is dispatched: all that decides what a run does, as far as GitHub tells. Inputs are the runbook's, never secrets. */
export interface Dispatch {
  workflow: string
  ref: string
  /** git's object of the workflow's file there: who changes it changes the plan. */
  file: string
  inputs: Record<string, string>
  /** The input that gets the mark. */
  mark: string
}

/** Whether the workflow was carried out, and what leads there; without a way back the earlier state has none. */
export interface ActionsState extends State {
  carriedOut: boolean
  by?: Dispatch
}

/** What a run is found by: the same for every attempt of one move of one step of one rollback, and of no other. */
export function markOf(
  { rollbackId, stepId }: Pick<CallContext, 'rollbackId' | 'stepId'>,
  { carriedOut }: ActionsState,
): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([rollbackId, stepId, carriedOut]))
    .digest('hex')
  return `unwind-${hash.slice(0, 20)}`
}

/** A state that was recorded by an earlier run. Throws INVALID_REQUEST when it is none of this target's. */
export function parseState(state: State): ActionsState {
  const { carriedOut, by } = state as Partial<ActionsState>
  if (typeof carriedOut !== 'boolean')
    throw new UnwindError('INVALID_REQUEST', 'the recorded state is not one of a GitHub Actions workflow')
  return { carriedOut, ...(by && { by }) }
}
