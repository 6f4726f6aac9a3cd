import { WorkflowExecutionAlreadyStartedError, defineSearchAttributeKey } from '@temporalio/common'
import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow'
import { proposalId, serviceId } from '../model/ids.ts'
import type { WatchInput, WatchState } from '../model/triggers/watched.ts'
import { measureOnce } from './measuring.ts'
import type { proposal } from './proposal.ts'

/**
 * Watches a trigger's own condition, where nobody runs an Alertmanager: looks again and again, and opens an episode once
 * the condition has held without a break for as long as the trigger says. What can't be measured is no break and no proof.
 * Runs until its runbook no longer asks for it.
 */
export async function watch(input: WatchInput): Promise<WatchState> {
  let asked = input
  let ends = false
  const state: WatchState = input.carried ?? { format: 1, trigger: input.trigger, revision: input.revision, looks: 0 }
  setHandler(defineQuery<WatchState>('watch'), () => state)
  setHandler(defineSignal('end'), () => {
    ends = true
  })
  setHandler(defineSignal<[WatchInput]>('change'), (changed) => {
    asked = changed
    state.revision = changed.revision
    state.trigger = changed.trigger
  })
  while (!ends) {
    await look(asked, state)
    await condition(() => ends, asked.every, { summary: 'Until the next look' })
    const { continueAsNewSuggested, historyLength } = workflowInfo()
    if (!ends && (continueAsNewSuggested || historyLength >= asked.events))
      await continueAsNew<typeof watch>({ ...asked, carried: state })
  }
  return state
}

async function look(input: WatchInput, state: WatchState): Promise<void> {
  const at = Date.now()
  const { fires, evidence } = await measureOnce(input.run, input.watched)
  state.looks++
  state.last = { at, fires, evidence: evidence.slice(0, 500) }
  if (fires === 'unknown') return
  if (fires === 'no') return resolve(input, state)
  state.since ??= at
  if (!state.episode && Date.now() - state.since >= input.for) await open(input, state, state.since)
}

/** The condition is over: the proposal hears of it, and the next time is another episode. */
async function resolve({ run }: WatchInput, state: WatchState): Promise<void> {
  const { episode } = state
  delete state.since
  delete state.episode
  if (!episode) return
  const { environment, service } = run
  const heard = [proposalId({ environment, service, id: episode.id }), serviceId(environment, service)]
  const [first = '', second = ''] = heard
  await getExternalWorkflowHandle(first)
    .signal('resolved')
    .catch(() => undefined)
  await getExternalWorkflowHandle(second)
    .signal('resolved', episode.id)
    .catch(() => undefined)
}

async function open(input: WatchInput, state: WatchState, startsAt: number): Promise<void> {
  const { trigger, run, settings, watched, url } = input
  const { service, environment } = run
  const id = `${trigger.runbook}-${trigger.id}-${startsAt}`
  state.episode = { id, startsAt }
  const labels = { alertname: trigger.id, service, environment }
  const summary = state.last?.evidence
  const alert = { fingerprint: `${trigger.runbook}/${trigger.id}`, startsAt, labels, ...(summary && { summary }) }
  const alerted = { ...run, alert: { startsAt: new Date(startsAt).toISOString(), labels } }
  const keyword = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })
  try {
    await startChild<typeof proposal>('proposal', {
      workflowId: proposalId({ environment, service, id }),
      args: [
        {
          format: 1,
          id,
          trigger,
          alert,
          run: alerted,
          settings,
          confirm: watched,
          ...(url && { url: `${url}/${id}` }),
        },
      ],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      typedSearchAttributes: [keyword('UnwindService', service), keyword('UnwindEnvironment', environment)],
      staticSummary: `${trigger.id} of ${service} in ${environment}`.slice(0, 190),
    })
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
