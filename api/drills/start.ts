import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { drillOf } from '../../model/drill/compile.ts'
import { UnwindError } from '../../model/errors.ts'
import { drillId } from '../../model/ids.ts'
import type { Actor } from '../../model/policy.ts'
import type { RunInput } from '../../model/run.ts'
import type { Api } from '../context.ts'
import { compileAsked, placeAsked } from '../rollbacks/asked.ts'
import type { DrillRequest, DrillStarted } from '../schemas/drills.ts'
import { bounded } from '../temporal/call.ts'
import { archiveOf } from './archive.ts'

/** The input of the drill that was asked for. Throws NOT_FOUND, INVALID_REQUEST, FORBIDDEN, and CONFIGURATION_INVALID without an archive. */
export async function compileDrill(api: Api, { procedure, ...request }: DrillRequest, actor: Actor): Promise<RunInput> {
  archiveOf(api)
  const loaded = await placeAsked(api, request)
  return drillOf(compileAsked(api, request, loaded, actor), api.kinds, procedure)
}

/**
 * Starts a drill; by hand at most one per environment and service runs. It takes no lock of the service. Throws
 * ROLLBACK_RUNNING, and what `compileDrill` throws.
 */
export async function startDrill(api: Api, request: DrillRequest, actor: Actor): Promise<DrillStarted> {
  const input = await compileDrill(api, request, actor)
  const { service, environment } = input
  const workflowId = drillId(environment, service)
  const options = { workflowId, ...workflowOf(api, input), workflowIdConflictPolicy: 'FAIL' as const }
  try {
    const handle = await bounded(api.client, () => api.client.workflow.start('drill', options))
    return { id: workflowId, runId: handle.firstExecutionRunId, service, environment }
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    throw new UnwindError('ROLLBACK_RUNNING', `a drill of ${service} in ${environment} runs already; wait for its end`)
  }
}

/** How a drill is started, by hand or by its schedule. */
export function workflowOf({ taskQueue }: Api, input: RunInput) {
  const { service, environment, startedBy, reason, runbook } = input
  const attributes = { UnwindService: service, UnwindEnvironment: environment, UnwindRunbook: runbook?.name }
  return {
    taskQueue,
    args: [input],
    typedSearchAttributes: Object.entries(attributes).flatMap(([name, value]) =>
      value ? [{ key: defineSearchAttributeKey(name, 'KEYWORD'), value }] : [],
    ),
    memo: { startedBy, reason },
    staticSummary: `Drill of ${service} in ${environment}`,
  }
}
