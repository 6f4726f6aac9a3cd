import { offers } from './choices.ts'
import type { Problem } from './errors.ts'
import type { MessageName, Messages, Signed } from './messages.ts'
import type { RunState } from './run.ts'
import { asking } from './runbook/asking.ts'

/** Why the run can't take this message now, or undefined when it can. Says where the run stands instead. */
export function whyNot<Name extends MessageName>(
  state: RunState,
  name: Name,
  message: Signed<Messages[Name]>,
): Problem | undefined {
  if (state.phase === 'ended') return refused(`The run has ended: ${state.outcome}.`)
  if (typeof message !== 'object' || message === null) return refused(`${name} needs an object as its argument.`)
  if (!message.signed && !takenUnsigned(name, message)) return unsigned(name)
  return RULES[name](state, message as never)
}

const RULES: { [Name in MessageName]: (state: RunState, message: Messages[Name]) => Problem | undefined } = {
  approve: aboutApproval,
  reject: aboutApproval,
  decide: aboutParked,
  breakGlass: (state, message) =>
    aboutGlass(state, message) ??
    (message.note && message.incident ? undefined : refused('breakGlass needs an incident and a note that says why.')),
  answer: aboutQuestion,
  tick: aboutItem,
  claim: () => undefined,
  pause: (state) => (state.pause ? refused(`The run is paused already, by ${state.pause.by}.`) : undefined),
  resume: (state) => (state.pause ? undefined : refused(`The run is not paused; it is ${state.phase}.`)),
  abort: (_state, message) =>
    typeof message.note === 'string' && message.note ? undefined : refused('abort needs a note that says why.'),
}

/** Without a signature nobody knows who asks: such a message may only pause, or retry what is parked. */
function takenUnsigned(name: MessageName, message: object): boolean {
  return name === 'pause' || (name === 'decide' && 'choice' in message && message.choice === 'retry')
}

function aboutApproval(state: RunState, message: { planDigest: string; stepId?: string }): Problem | undefined {
  if (message.stepId === undefined) return aboutPlan(state, message)
  const waiting = approvalSteps(state)
  if (waiting.length === 0) return refused(`No step waits for an approval; the run is ${state.phase}.`)
  if (!waiting.includes(message.stepId))
    return stale(`Waiting for an approval is ${waiting.join(', ')}; answer that one.`)
  return aboutDigest(state, message)
}

/** An emergency may go on without the approvals of a plan, and without those of a step in mid-run. */
function aboutGlass(state: RunState, message: { planDigest: string }): Problem | undefined {
  return approvalSteps(state).length > 0 ? aboutDigest(state, message) : aboutPlan(state, message)
}

function approvalSteps({ steps }: RunState): string[] {
  return steps.filter(({ asking: asked }) => asked?.what === 'approve').map(({ id }) => id)
}

function aboutPlan(state: RunState, message: { planDigest: string }): Problem | undefined {
  if (state.phase !== 'awaiting-approval') return refused(`No plan waits for an approval; the run is ${state.phase}.`)
  return aboutDigest(state, message)
}

function aboutDigest(state: RunState, { planDigest }: { planDigest: string }): Problem | undefined {
  if (planDigest === state.planDigest) return undefined
  return stale(`The plan is now ${state.planDigest}; look at it and answer with that digest.`)
}

function aboutParked(state: RunState, message: Messages['decide']): Problem | undefined {
  const parked = state.parked
  if (!parked) return refused(`No step is parked; the run is ${state.phase}.`)
  if (message.stepId !== parked.stepId || message.attempt !== parked.attempt)
    return stale(`Parked is step ${parked.stepId}, attempt ${parked.attempt}; look at it and answer that one.`)
  if (offers(state, message.choice)) return aboutFields(state, message)
  return refused(`Step ${parked.stepId} takes ${parked.choices.map((offered) => offered.choice).join(', ')} now.`)
}

function aboutFields(state: RunState, { stepId, choice, fields }: Messages['decide']): Problem | undefined {
  if (!fields) return undefined
  if (choice !== 'retry') return refused(`Fields are corrected by a retry, not by ${choice}.`)
  const step = state.steps.find(({ id }) => id === stepId)
  if (!step?.begun) return undefined
  return refused(`Step ${stepId} has begun with the fields that were approved; they can't be corrected any more.`)
}

function aboutQuestion(state: RunState, { questionId, attempt }: Messages['answer']): Problem | undefined {
  const asked = asking(state)
  if (asked.length === 0) return refused(`No question waits for an answer; the run is ${state.phase}.`)
  if (asked.some((open) => open.id === questionId && open.attempt === attempt)) return undefined
  const open = asked.map(({ id, attempt: now }) => `${id}, attempt ${now}`).join('; ')
  return stale(`Asked is ${open}; look at it and answer that one.`)
}

function aboutItem(state: RunState, { item }: Messages['tick']): Problem | undefined {
  const found = state.checklist?.find(({ id }) => id === item)
  if (!found) return refused(`The checklist has no item ${JSON.stringify(item)}.`)
  return found.ticked ? refused(`${item} is ticked already, by ${found.ticked.by}.`) : undefined
}

function unsigned(name: MessageName): Problem {
  return {
    code: 'FORBIDDEN',
    message: `${name} needs a signature: send it through the API, the page or the CLI of Unwind.`,
  }
}

function refused(message: string): Problem {
  return { code: 'DECISION_REFUSED', message }
}

function stale(message: string): Problem {
  return { code: 'STALE_DECISION', message }
}
