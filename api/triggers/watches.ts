import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client'
import { defineSearchAttributeKey } from '@temporalio/common'
import { watchId } from '../../model/ids.ts'
import type { LoadedRunbook } from '../../model/runbook/loaded.ts'
import type { WatchInput, WatchState } from '../../model/triggers/watched.ts'
import type { Api } from '../context.ts'
import { digestOf } from '../digest.ts'
import type { App } from '../http/app-type.ts'
import { bounded } from '../temporal/call.ts'
import { compileTrigger } from './compile.ts'

/** How often the watches are compared with the runbooks, in milliseconds: runbooks are files, and files are edited. */
const COMPARE_EVERY = 30_000
const EVENTS = 4_000
const MOST = 1_000

/**
 * Keeps a durable watch for every trigger that has a condition of its own and no alert: starts what is missing, changes
 * what the runbook changed, ends what no runbook asks for any more. Every API of several may do it; it is done once.
 */
export function watchesKept(app: App, api: Api): void {
  if (!api.runbooks) return
  let busy = false
  const compare = async () => {
    if (busy) return
    busy = true
    await compareWatches(api, (text) => app.log.warn(text)).catch((error: unknown) =>
      app.log.warn({ err: error }, 'the watches could not be compared with the runbooks'),
    )
    busy = false
  }
  const timer = setInterval(() => void compare(), COMPARE_EVERY)
  timer.unref()
  app.addHook('onReady', async () => void compare())
  app.addHook('onClose', async () => clearInterval(timer))
}

/** One comparison. `say` is told of triggers that can't be watched. */
export async function compareWatches(api: Api, say: (text: string) => void): Promise<void> {
  const { runbooks, broken } = await api.library()
  const wanted = watchesOf(api, runbooks, say)
  for (const [workflowId, input] of wanted) await keep(api, workflowId, input)
  // A file that can't be read just now may hold runbooks whose watches are running.
  if (broken.length > 0) return
  const query = `WorkflowType = "watch" AND ExecutionStatus = "Running" AND TaskQueue = "${api.taskQueue}"`
  const { namespace } = api.client.options
  const list = () => api.client.workflowService.listWorkflowExecutions({ namespace, query, pageSize: MOST })
  const { executions } = await bounded(api.client, list)
  for (const { execution } of executions) {
    const id = execution?.workflowId
    if (id && !wanted.has(id)) await signal(api, id, 'end', [])
  }
}

function watchesOf(
  api: Api,
  runbooks: ReadonlyMap<string, LoadedRunbook>,
  say: (text: string) => void,
): Map<string, WatchInput> {
  const watches = new Map<string, WatchInput>()
  for (const loaded of runbooks.values()) {
    const { metadata, triggers = [], environments } = loaded.runbook
    const where = Object.keys(environments ?? api.configuration.environments)
    for (const trigger of triggers.filter(({ check, match }) => check && !match))
      for (const environment of where.filter(
        (name) => trigger.environment === undefined || trigger.environment === name,
      )) {
        const id = watchId(environment, metadata.name, trigger.id)
        try {
          const input = watchOf(api, { loaded, trigger, environment }, runbooks)
          if (input) watches.set(id, input)
        } catch (error) {
          say(`${id} is not watched: ${error instanceof Error ? error.message : 'unknown'}`)
        }
      }
  }
  return watches
}

function watchOf(
  api: Api,
  met: Parameters<typeof compileTrigger>[1],
  runbooks: ReadonlyMap<string, LoadedRunbook>,
): WatchInput | undefined {
  const { trigger, run, settings, watched, url } = compileTrigger(api, met, runbooks)
  if (!watched) return undefined
  const { for: lasts, every, ...condition } = watched
  const asked = { trigger, watched: condition, every, for: lasts, run, settings, url }
  return { format: 1, ...asked, revision: digestOf(asked), events: EVENTS }
}

async function keep(api: Api, workflowId: string, input: WatchInput): Promise<void> {
  const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })
  const { service, environment } = input.run
  const options = {
    workflowId,
    taskQueue: api.taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'FAIL' as const,
    typedSearchAttributes: [keyword('UnwindService', service), keyword('UnwindEnvironment', environment)],
    staticSummary: `Watches ${input.trigger.id} of ${service} in ${environment}`.slice(0, 190),
  }
  try {
    await bounded(api.client, () => api.client.workflow.start('watch', options))
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    const handle = api.client.workflow.getHandle(workflowId)
    const seen = await bounded(api.client, () => handle.query<WatchState>('watch')).catch(() => undefined)
    if (seen && seen.revision !== input.revision) await signal(api, workflowId, 'change', [input])
  }
}

async function signal(api: Api, workflowId: string, name: string, args: unknown[]): Promise<void> {
  const handle = api.client.workflow.getHandle(workflowId)
  await bounded(api.client, () => handle.signal(name, ...args)).catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error
  })
}
