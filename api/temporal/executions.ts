import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client'
import {
  decodeArrayFromPayloads,
  decodeMapFromPayloads,
} from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js'
import type { Payload } from '@temporalio/common'
import type { RunInput } from '../../model/run.ts'
import type { Api } from '../context.ts'
import { bounded } from './call.ts'
import { readRequestMemo, type RequestMemo } from './memo.ts'

/** One rollback as Temporal's own record has it. */
export interface Execution {
  workflowId: string
  /** The first execution's run id: the rollback's identity. */
  runId: string
  /** The execution that answers now; another one than `runId` after it has continued as new. */
  currentRunId: string
  open: boolean
  closedAs: string
  startedAt: number
  endedAt?: number
  status?: string
  memo: RequestMemo
  description: WorkflowExecutionDescription
}

/** The running or last execution of a workflow id, or the one that is named; undefined when there is none on record. */
export async function describe(api: Api, workflowId: string, runId?: string): Promise<Execution | undefined> {
  try {
    const description = await bounded(api.client, () => api.client.workflow.getHandle(workflowId, runId).describe())
    return execution(description)
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}

/** The input that a run was started with. Needs no worker: it is the first event of its history. */
export async function inputOf(api: Api, workflowId: string, runId: string): Promise<RunInput> {
  const { namespace } = api.client.options
  const request = { namespace, execution: { workflowId, runId }, maximumPageSize: 1 }
  const { history } = await bounded(api.client, () => api.client.workflowService.getWorkflowExecutionHistory(request))
  const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads
  const [input] = await decodePayloads(api, payloads)
  return input as RunInput
}

/** Payloads as values, by the converter that the client has. */
export function decodePayloads(api: Api, payloads: Payload[] | null | undefined): Promise<unknown[]> {
  return decodeArrayFromPayloads(api.client.options.loadedDataConverter, payloads)
}

/** The memo of a listed execution. */
export async function decodeMemo(api: Api, fields: Record<string, Payload> | null | undefined): Promise<RequestMemo> {
  return readRequestMemo(await decodeMapFromPayloads(api.client.options.loadedDataConverter, fields))
}

function execution(description: WorkflowExecutionDescription): Execution {
  const { workflowId, runId, status, startTime, closeTime, memo, raw, searchAttributes } = description
  const known = searchAttributes['UnwindStatus']?.[0]
  return {
    workflowId,
    runId: raw.workflowExecutionInfo?.firstRunId || runId,
    currentRunId: runId,
    open: status.name === 'RUNNING' || status.name === 'PAUSED',
    closedAs: status.name,
    startedAt: startTime.getTime(),
    ...(closeTime && { endedAt: closeTime.getTime() }),
    ...(typeof known === 'string' && { status: known }),
    memo: readRequestMemo(memo),
    description,
  }
}
