import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { InternalWorkflowStartOptionsSymbol } from '@temporalio/client/lib/internal.js'
import { defineSearchAttributeKey } from '@temporalio/common'
import { UnwindError } from '../../model/errors.ts'
import { rollbackId } from '../../model/ids.ts'
import type { RunInput } from '../../model/run.ts'
import type { Api } from '../context.ts'
import { digestOf, sha256 } from '../digest.ts'
import type { StartedDocument } from '../schemas/answers.ts'
import type { Place } from '../schemas/parameters.ts'
import { bounded } from '../temporal/call.ts'
import { describe, type Execution } from '../temporal/executions.ts'
import { workerState } from '../temporal/workers.ts'
import { urlOf } from './links.ts'
import { settle } from './settle.ts'

/** How often a start is tried while rollbacks before it end. */
const TURNS = 3

/** What was asked, by which a repeated request is known: hashes only, because a memo is no place for a secret. */
export interface Asked {
  key?: string
  body: string
}

/** The fingerprint of a request. `body` is what its schema made of it, so that layout and order don't matter. */
export function askedBy(key: string | undefined, body: unknown): Asked {
  return { ...(key && { key: sha256(key) }), body: digestOf(body) }
}

/**
 * Starts a rollback, at most one per environment and service. The same key and body gives the rollback that they have
 * started, also after it has ended; only otherwise is the input made. Throws ROLLBACK_RUNNING, KEY_REUSED.
 */
export async function startRollback(
  api: Api,
  place: Place,
  asked: Asked,
  compiled: () => RunInput | Promise<RunInput>,
): Promise<StartedDocument> {
  const [known, worker] = await Promise.all([earlier(api, place, asked), workerState(api)])
  if (known) return started(api, place, known.runId, { created: false, worker })
  const input = await compiled()
  for (let turn = 1; ; turn++) {
    const runId = await begin(api, input, asked)
    if (runId) return started(api, place, runId, { created: true, worker })
    const running = await describe(api, rollbackId(place.environment, place.service))
    if (running && same(running, asked)) return started(api, place, running.runId, { created: false, worker })
    const waits = running && turn < TURNS
    if (!waits || (await settle(api, running)).open) throw alreadyRunning(api, place, running)
  }
}

/** The run id of the rollback that was started; undefined when another one is running. */
async function begin(api: Api, input: RunInput, asked: Asked): Promise<string | undefined> {
  const options = startOptions(api, input, asked)
  return bounded(api.client, () => api.client.workflow.start('rollback', options)).then(
    (handle) => handle.firstExecutionRunId,
    (error: unknown) => {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined
      throw error
    },
  )
}

/** The rollback that this very request has started before, running or not. Without a key no request is a repetition. */
async function earlier(api: Api, { environment, service }: Place, asked: Asked): Promise<Execution | undefined> {
  if (!asked.key) return undefined
  const workflowId = rollbackId(environment, service)
  const [latest, olderRun] = await Promise.all([describe(api, workflowId), findByKey(api, workflowId, asked.key)])
  if (latest && same(latest, asked)) return latest
  if (latest && (await settle(api, latest)).open) throw alreadyRunning(api, { environment, service }, latest)
  const older = olderRun ? await describe(api, workflowId, olderRun) : undefined
  return older && same(older, asked) ? older : undefined
}

function same({ memo }: Execution, asked: Asked): boolean {
  if (!asked.key || memo.request?.key !== asked.key) return false
  if (memo.request.body === asked.body) return true
  throw new UnwindError(
    'KEY_REUSED',
    'this Idempotency-Key belongs to another request; repeat that one unchanged, or use a new key for this one',
  )
}

async function findByKey(api: Api, workflowId: string, key: string): Promise<string | undefined> {
  const { namespace } = api.client.options
  // Both values are made of characters that need no quoting: names by their pattern, the key as hex digits.
  const query = `WorkflowId = "${workflowId}" AND UnwindRequest = "${key}"`
  const request = { namespace, query, pageSize: 1 }
  const { executions } = await bounded(api.client, () => api.client.workflowService.listWorkflowExecutions(request))
  return executions[0]?.execution?.runId ?? undefined
}

function alreadyRunning(api: Api, place: Place, running: Execution | undefined): UnwindError {
  const name = `${place.service} in ${place.environment}`
  if (!running)
    return new UnwindError('ROLLBACK_RUNNING', `a rollback of ${name} is running; watch it, or wait for its end`)
  const { runId, startedAt, memo } = running
  const who = memo.startedBy ? ` by ${memo.startedBy.subject}` : ''
  return new UnwindError(
    'ROLLBACK_RUNNING',
    `a rollback of ${name} is running${who}; watch that one, or wait for its end`,
    {
      id: running.workflowId,
      runId,
      url: urlOf(api, place, runId),
      startedAt,
      ...(memo.startedBy && { startedBy: memo.startedBy.subject }),
      ...(memo.reason && { reason: memo.reason }),
    },
  )
}

function startOptions(api: Api, input: RunInput, asked: Asked) {
  const { service, environment, incident, reason, startedBy, runbook } = input
  const attributes = {
    UnwindService: service,
    UnwindEnvironment: environment,
    UnwindStatus: runbook ? 'deciding' : 'planning',
    UnwindRunbook: runbook?.name,
    UnwindIncident: incident,
    UnwindRequest: asked.key,
  }
  return {
    workflowId: rollbackId(environment, service),
    // Temporal itself knows a repeated request by this id, so not even two processes at once can start one key twice.
    ...(asked.key && { [InternalWorkflowStartOptionsSymbol]: { requestId: digestOf(asked) } }),
    taskQueue: api.taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'FAIL' as const,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE' as const,
    typedSearchAttributes: Object.entries(attributes).flatMap(([name, value]) =>
      value ? [{ key: defineSearchAttributeKey(name, 'KEYWORD'), value }] : [],
    ),
    memo: {
      ...{ request: asked, startedBy, reason },
      ...(incident && { incident }),
      ...(runbook && { runbook: runbook.name }),
    },
    staticSummary: `Rollback of ${service} in ${environment}`,
    staticDetails: detailsOf(input),
  }
}

/** What Temporal's own pages say of the run before it has said anything itself. */
function detailsOf({ startedBy, steps, runbook }: RunInput): string {
  const by = `Asked for by ${startedBy.subject}.`
  if (runbook)
    return [
      by,
      '',
      `Runbook \`${runbook.name}\`, revision \`${runbook.revision.slice(0, 12)}\`, ${runbook.source}`,
    ].join('\n')
  return [by, '', ...steps.map((step) => `1. \`${step.title}\``)].join('\n')
}

function started(
  api: Api,
  place: Place,
  runId: string,
  rest: Pick<StartedDocument, 'created' | 'worker'>,
): StartedDocument {
  const { service, environment } = place
  return { id: rollbackId(environment, service), runId, service, environment, url: urlOf(api, place, runId), ...rest }
}
