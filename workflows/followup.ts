import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow'
import {
  type FollowupInput,
  type FollowupMessages,
  type FollowupState,
  nextLook,
  nextReminder,
  toRemind,
  whyNotBy,
  whyNotSettle,
} from '../model/followup.ts'
import type { Signed } from '../model/messages.ts'
import { engine, notify } from './activities.ts'
import { look } from './holding.ts'
import { openOutbox, type Outbox } from './outbox.ts'
import { problemOf, refusal } from './problem.ts'

type Settle = Signed<FollowupMessages['settle']>

/** Holds what a rollback left owed until people have settled all of it. It has no time limit and reminds them. */
export async function followup(input: FollowupInput): Promise<FollowupState> {
  const state = input.carried ?? open(input)
  show(state)
  setHandler(defineQuery<FollowupState>('obligations'), () => state)
  setHandler(defineUpdate<FollowupState, [Settle]>('settle'), (message) => settle(input, state, message), {
    validator: (message) => refuse(state, message),
    description: 'Say that an obligation is settled: {"id": "…"}. Needs a signature: use the API or the CLI of Unwind.',
  })
  const outbox = input.untold || state.untold ? outboxOf(state) : undefined
  for (let moment = next(); moment !== undefined; moment = next()) {
    const woken = () => next() === undefined || mustContinue(input)
    const early = await condition(woken, Math.max(1, moment - Date.now()), { summary: 'Until the next reminder' })
    if (!early) await wake()
    if (mustContinue(input)) await goOn(input, state)
  }
  if (outbox) await condition(() => state.untold === undefined)
  await condition(allHandlersFinished)
  return state

  function next(): number | undefined {
    const moments = [nextReminder(state, input.remind), nextLook(input, state)].filter((moment) => moment !== undefined)
    return moments.length > 0 ? Math.min(...moments) : undefined
  }

  async function wake(): Promise<void> {
    if ((nextLook(input, state) ?? Number.POSITIVE_INFINITY) <= Date.now()) await look(input, state, () => show(state))
    await remind(input, state)
  }
}

function open(input: FollowupInput): FollowupState {
  const { runId, rollbackId, service, environment, reason, obligations, untold, heard } = input
  const since = workflowInfo().startTime.getTime()
  return {
    ...{ format: 1, runId, rollbackId, service, environment, reason, since, obligations: [...obligations] },
    ...(untold && { untold }),
    ...(heard && { heard }),
  }
}

/** What was on its way when the run ended is told from here: the run did not wait for it. */
function outboxOf(state: FollowupState): Outbox {
  const { service, environment } = state
  return openOutbox({
    ...{ place: { service, environment }, record: state },
    settled: ({ event }, { name, ok, because }) => {
      if (!ok) state.deaf = [...(state.deaf ?? []), `${name}: ${event}${because ? `: ${because}` : ''}`].slice(-20)
      show(state)
    },
  })
}

async function settle(input: FollowupInput, state: FollowupState, message: Settle): Promise<FollowupState> {
  const { signed = '', ...content } = message
  const call = { message: 'settle' as const, workflowId: workflowInfo().workflowId, content, signed }
  const sender = await engine['unwind.identify']
    .executeWithOptions({ summary: 'Prove who settles' }, [call])
    .catch((error: unknown) => {
      throw refusal(problemOf(error, 'identity'))
    })
  refuse(state, message)
  const notBy = whyNotBy(input, message.id, sender.subject)
  if (notBy) throw refusal(notBy)
  const owed = state.obligations.find(({ id }) => id === message.id)
  if (owed) owed.settled = { at: Date.now(), by: sender.subject, ...(message.note && { note: message.note }) }
  show(state)
  return state
}

function refuse(state: FollowupState, message: Settle): void {
  const problem = whyNotSettle(state, message)
  if (problem) throw refusal(problem)
}

async function remind({ remind: every, channels }: FollowupInput, state: FollowupState): Promise<void> {
  const now = Date.now()
  for (const owed of toRemind(state, every, now)) {
    owed.nudged = { reminded: now }
    if (channels.length === 0) continue
    const { service, environment, runId } = state
    const text = `Still owed by ${owed.owner}, due ${new Date(owed.due).toISOString()}: ${owed.text}`
    const message = { key: `${runId}/owed/${owed.id}/${now}`, channels, event: 'owed', text, service, environment }
    // Nobody can be made to hear; the next reminder comes all the same.
    await notify(message).catch(() => undefined)
  }
}

function mustContinue({ events }: FollowupInput): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo()
  return continueAsNewSuggested || historyLength >= events
}

async function goOn(input: FollowupInput, state: FollowupState): Promise<void> {
  await condition(allHandlersFinished)
  if (nextReminder(state, input.remind) !== undefined)
    await continueAsNew<typeof followup>({ ...input, carried: state })
}

/** In the Temporal UI, and in the memo: what is owed can be listed without a worker. */
function show(state: FollowupState): void {
  const lines = state.obligations.map(
    ({ id, text, owner, settled }) =>
      `- [${settled ? 'x' : ' '}] \`${id}\` ${text} (${owner})${state.seen?.[id] === undefined ? '' : `: ${state.seen[id]}`}`,
  )
  const deaf = (state.deaf ?? []).map((line) => `- could not tell ${line}`)
  setCurrentDetails(
    [`**Still owed by ${state.service} in ${state.environment}**`, '', ...lines, ...deaf].join('\n').slice(0, 16_000),
  )
  const { untold: _untold, heard: _heard, ...shown } = state
  upsertMemo({ followup: shown })
}
