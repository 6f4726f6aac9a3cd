import type { Problem } from './errors.ts'
import type { Heard, Nudged, Obligation, Untold } from './runbook/progress.ts'
import type { SettleCall } from './calls.ts'
import type { RunLimits } from './limits.ts'
import type { RunState } from './run.ts'

/** What a follow-up workflow is started with: it holds what stays owed, so that the rollback ends and its locks free. */
export interface FollowupInput {
  format: 1
  /** The rollback's identity and workflow id. */
  runId: string
  rollbackId: string
  service: string
  environment: string
  reason: string
  obligations: Obligation[]
  /** Channels that are reminded. */
  channels: string[]
  /** Milliseconds between two reminders of one obligation. */
  remind: number
  /** History events after which it goes on as a new execution. */
  events: number
  /** Who went on without approvals: the approval that is owed for it has to be somebody else's. */
  brokenGlassBy?: string
  /** Obligations that are settled without a person as soon as their target finds that they can be. */
  watches?: Watch[]
  /** Of the run; with `watches` only. */
  limits?: RunLimits
  /** Messages that the run left on their way, and what the channels keep of it. */
  untold?: Untold[]
  heard?: Record<string, Heard>
  carried?: FollowupState
}

/** How the target of a step is asked about an obligation that it left. */
export interface Watch {
  /** Of the obligation. */
  id: string
  kind: string
  taskQueue?: string
  call: SettleCall
}

/** Between two looks at what is watched, in milliseconds: Git and people take longer than that. */
export const WATCH_EVERY = 60_000

/** Who settles what a target let go of by itself. */
export const BY_ITSELF = 'unwind'

/** The record of a follow-up: what the query `obligations` answers. */
export interface FollowupState {
  format: 1
  runId: string
  rollbackId: string
  service: string
  environment: string
  reason: string
  /** Epoch milliseconds. */
  since: number
  obligations: (Obligation & { nudged?: Nudged })[]
  untold?: Untold[]
  heard?: Record<string, Heard>
  /** When watched obligations were looked at last, epoch milliseconds. */
  looked?: number
  /** What was seen then, by obligation. */
  seen?: Record<string, string>
  /** What nobody could be told: channel, event and why. */
  deaf?: string[]
}

/** The updates of a follow-up; signed like those of a run. */
export interface FollowupMessages {
  settle: { id: string; note?: string }
}

/** A day: what is owed is no emergency, and what is said every hour is no longer heard. */
export const REMIND_OWED = 24 * 60 * 60_000

/** The id of the approval that a broken glass leaves owed. */
export const OWED_APPROVAL = 'approval'

/** What a rollback that has ended leaves to be settled; undefined where it owes nothing. */
export function followupOf(
  state: RunState,
  {
    channels,
    events,
    messages,
    watches = [],
    limits,
  }: Pick<FollowupInput, 'channels' | 'events' | 'watches' | 'limits'> & { messages: boolean },
): FollowupInput | undefined {
  const obligations = (state.obligations ?? []).filter(({ settled }) => !settled)
  const { id, runId, service, environment, reason, brokenGlass, untold = [], heard } = state
  const left = messages && untold.length > 0
  if (obligations.length === 0 && !left) return undefined
  return {
    format: 1,
    ...{ runId, rollbackId: id, service, environment, reason, obligations, channels, events },
    remind: REMIND_OWED,
    ...(watches.length > 0 && limits && { watches, limits }),
    ...(brokenGlass && { brokenGlassBy: brokenGlass.by }),
    ...(left && { untold: [...untold], ...(heard && { heard }) }),
  }
}

/** Why this obligation can't be settled by this message, or undefined when it can. */
export function whyNotSettle(
  { obligations }: FollowupState,
  message: FollowupMessages['settle'] & { signed?: string },
): Problem | undefined {
  if (typeof message !== 'object' || message === null || typeof message.id !== 'string')
    return { code: 'DECISION_REFUSED', message: 'settle needs an object with the id of an obligation.' }
  if (!message.signed)
    return { code: 'FORBIDDEN', message: 'settle needs a signature: send it through the API or the CLI of Unwind.' }
  const found = obligations.find(({ id }) => id === message.id)
  if (!found) {
    const open = obligations.filter(({ settled }) => !settled).map(({ id }) => id)
    return { code: 'NOT_FOUND', message: `Nothing called ${message.id} is owed here; open is: ${open.join(', ')}.` }
  }
  return found.settled
    ? { code: 'DECISION_REFUSED', message: `${found.id} was settled already, by ${found.settled.by}.` }
    : undefined
}

/** Why this person may not settle it, or undefined when they may. */
export function whyNotBy({ brokenGlassBy }: FollowupInput, id: string, subject: string): Problem | undefined {
  if (id !== OWED_APPROVAL || subject !== brokenGlassBy) return undefined
  return { code: 'FORBIDDEN', message: `${subject} went on without approval; somebody else has to approve it.` }
}

/** When the next reminder is due, in epoch milliseconds; undefined when all is settled. */
export function nextReminder(state: FollowupState, remind: number): number | undefined {
  const moments = state.obligations.filter(({ settled }) => !settled).map((owed) => reminderOf(state, owed, remind))
  return moments.length > 0 ? Math.min(...moments) : undefined
}

/** The watches whose obligations are still open. */
export function openWatches({ watches = [] }: FollowupInput, { obligations }: FollowupState): Watch[] {
  return watches.filter(({ id }) => obligations.some((owed) => owed.id === id && !owed.settled))
}

/** When what is watched is looked at next, in epoch milliseconds; undefined where nothing is. The first look is made at once. */
export function nextLook(input: FollowupInput, state: FollowupState): number | undefined {
  if (openWatches(input, state).length === 0) return undefined
  return state.looked === undefined ? state.since : state.looked + (input.limits?.watch ?? WATCH_EVERY)
}

/** What has to be reminded of at this time. */
export function toRemind(state: FollowupState, remind: number, now: number): FollowupState['obligations'] {
  return state.obligations.filter((owed) => !owed.settled && reminderOf(state, owed, remind) <= now)
}

/** At its due time for the first time, or earlier where that is far away; then again and again. */
function reminderOf(
  { since }: FollowupState,
  { due, nudged }: FollowupState['obligations'][number],
  remind: number,
): number {
  if (nudged?.reminded !== undefined) return nudged.reminded + remind
  return Math.min(Math.max(due, since), since + remind)
}
