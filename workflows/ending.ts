import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { ParentClosePolicy, patched, startChild } from '@temporalio/workflow'
import { followupOf } from '../model/followup.ts'
import { followupId } from '../model/ids.ts'
import type { RunState } from '../model/run.ts'
import { lockedBy } from '../model/target.ts'
import { archive, release } from './activities.ts'
import type { followup } from './followup.ts'
import { watchesOf } from './holding.ts'
import { tellLedger, tellsLedger } from './ledger.ts'
import { note, type Run } from './record.ts'

/** Lets go of the locks and tells the ledger, in one call where there is both: people wait for the end of the run. */
export async function takeLeave(run: Run): Promise<void> {
  const objects = heldBy(run.state)
  const tells = tellsLedger(run)
  const together = tells && objects.length > 0 && run.locked === true
  if (together && (await tellLedger(run, objects))) return
  // A lock whose holder has ended is taken over, so failing to let go must not keep the run from ending.
  const letGo = objects.length > 0 && release(run.state.runId, objects).catch(() => undefined)
  await Promise.all([letGo, tells && !together && tellLedger(run)])
}

function heldBy({ drill, steps }: RunState): string[] {
  if (drill) return []
  return [...new Set(steps.flatMap(({ plan }) => (plan ? lockedBy(plan) : [])))]
}

/** Keeps report and evidence where they outlive Temporal's retention. Bounded; what fails is noted and holds nothing up. */
export async function keep(run: Run): Promise<void> {
  if (!run.input.archive) return
  try {
    const { location } = await archive(run.state)
    note(run, 'archived', `The report is kept at ${location}`)
  } catch {
    note(run, 'archived', 'The report could not be kept; Temporal has it until its retention ends')
  }
}

/** Hands what is still owed to a workflow of its own, which outlives this one. */
export async function handOver({ input, state, outbox }: Run): Promise<void> {
  const channels = input.runbook?.communicate.needsPerson ?? []
  const { limits } = input
  const watches = watchesOf(input, state)
  const owed = followupOf(state, { channels, events: limits.events, messages: outbox !== undefined, watches, limits })
  if (!owed) return
  // From here on the other one sends: a message that both sent would be there twice.
  if (outbox && patched('hands-over-once')) outbox.handedOver = true
  const { service, environment } = state
  await startChild<typeof followup>('followup', {
    workflowId: followupId(state.runId),
    args: [owed],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    typedSearchAttributes: [
      { key: defineSearchAttributeKey('UnwindService', 'KEYWORD'), value: service },
      { key: defineSearchAttributeKey('UnwindEnvironment', 'KEYWORD'), value: environment },
    ],
    staticSummary: `What the rollback of ${service} in ${environment} leaves owed`.slice(0, 190),
  }).catch((error: unknown) => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  })
}
