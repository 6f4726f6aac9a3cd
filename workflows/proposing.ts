import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { type ChildWorkflowHandle, executeChild, ParentClosePolicy, startChild } from '@temporalio/workflow'
import { rollbackId } from '../model/ids.ts'
import type { DryRun, RunInput } from '../model/run.ts'
import type { ProposalInput, ProposalState } from '../model/triggers/proposal.ts'
import { refuseAll } from './gates.ts'
import type { plan } from './readonly.ts'
import type { rollback } from './rollback.ts'

/** One proposal in memory. */
export interface Proposal {
  readonly input: ProposalInput
  readonly state: ProposalState
}

/** The dry run. What can't be planned can't be started either, and people are told why. */
export async function planIt(run: Proposal): Promise<void> {
  const { input, state } = run
  state.standing = 'planning'
  try {
    const planned: DryRun = await executeChild<typeof plan>('plan', {
      args: [input.run],
      workflowId: `plan/${state.environment}/${state.service}/${input.id}`,
      workflowExecutionTimeout: '2 minutes',
      staticSummary: `Plan what ${input.trigger.id} proposes`,
    })
    const steps = planned.steps.flatMap(({ title, plan: made }) => (made ? [{ title, made }] : []))
    if (planned.digest !== undefined)
      state.planned = {
        digest: planned.digest,
        lines: steps.map(({ title, made }) => `${title}: ${made.summary}`).slice(0, 20),
        warnings: [...new Set(steps.flatMap(({ made }) => made.warnings.map(({ code }) => code)))].slice(0, 20),
        lost: steps.flatMap(({ made }) => made.lost ?? []).slice(0, 20),
        schema: schemaOf(steps.map(({ made }) => made.schema)),
      }
    else
      refuseAll(run, [
        {
          code: 'NOT_PLANNED',
          text: planned.stop ?? `a person has to answer: ${planned.decision?.asking?.question ?? ''}`,
        },
      ])
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    refuseAll(run, [{ code: 'NOT_PLANNED', text: `it can't be planned: ${cause}`.slice(0, 500) }])
  }
}

/** One plan that is not safe makes the whole unsafe; steps that look at no schema say nothing, and nobody having looked is not known. */
function schemaOf(all: readonly (string | undefined)[]): 'safe' | 'unsafe' | 'unknown' {
  const known = all.filter((schema) => schema !== undefined)
  if (known.includes('unsafe')) return 'unsafe'
  return known.length > 0 && known.every((schema) => schema === 'safe') ? 'safe' : 'unknown'
}

/** Starts the rollback; undefined where another one of the service is running. */
export async function begin(run: Proposal): Promise<ChildWorkflowHandle<typeof rollback> | undefined> {
  const { input, state } = run
  const { accepted } = state
  const { service, environment, runbook } = input.run
  const startedBy = accepted ? { subject: accepted.by, groups: accepted.groups } : input.run.startedBy
  const asked: RunInput = { ...input.run, startedBy, ...(!accepted && { automatic: input.id }) }
  const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })
  try {
    return await startChild<typeof rollback>('rollback', {
      workflowId: rollbackId(environment, service),
      args: [asked],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      memo: { startedBy, reason: asked.reason, ...(runbook && { runbook: runbook.name }) },
      typedSearchAttributes: [
        keyword('UnwindService', service),
        keyword('UnwindEnvironment', environment),
        keyword('UnwindStatus', 'deciding'),
        ...(runbook ? [keyword('UnwindRunbook', runbook.name)] : []),
      ],
      staticSummary: `Rollback of ${service} in ${environment}`,
    })
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined
    throw error
  }
}
