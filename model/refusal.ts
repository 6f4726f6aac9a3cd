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
  approve: aboutPlan,
  reject: aboutPlan,
  decide: aboutParked,
  breakGlass: (state, message) =>
    aboutPlan(state, message) ??
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

function aboutPlan(state: RunState, message: { planDigest: string }): Problem | undefined {
  if (state.phase !== 'awaiting-approval') return refused(`No plan waits for an approval; the run is ${state.phase}.`)
  if (message.planDigest === state.planDigest) return undefined
  return stale(`The plan is now ${state.planDigest}; look at it and answer with that digest.`)
}

function aboutParked(state: RunState, message: Messages['decide']): Problem | undefined {
  const parked = state.parked
  if (!parked) return refused(`No step is parked; the run is ${state.phase}.`)
  if (message.stepId !== parked.stepId || message.attempt !== parked.attempt)
    return stale(`Parked is step ${parked.stepId}, attempt ${parked.attempt}; look at it and answer that one.`)
  if (offers(state, message.choice)) return undefined
  return refused(`Step ${parked.stepId} takes ${parked.choices.map((offered) => offered.choice).join(', ')} now.`)
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
