import type { Problem } from '../errors.ts'
import type { RunInput } from '../run.ts'
import type { Watched } from './watched.ts'
import type { Alert, Refusal, Trigger } from './episode.ts'
import type { GateSettings } from './gate-settings.ts'

/** What a proposal is started with: one episode, and the whole rollback that it may lead to. */
export interface ProposalInput {
  format: 1
  id: string
  trigger: Trigger
  alert: Alert
  /** The rollback as its runbook compiles to, asked for by the trigger. */
  run: RunInput
  settings: GateSettings
  /** Measured once before anything starts by itself; what can't be measured, or is well, starts nothing. */
  confirm?: Watched
  /** Where people read it. */
  url?: string
}

export const PROPOSAL_STANDINGS = ['gathering', 'planning', 'proposed', 'vetoable', 'acting', 'ended'] as const

/** How a proposal ended. */
export const PROPOSAL_OUTCOMES = [
  'started',
  'refused',
  'rejected',
  'resolved',
  'expired',
  'superseded',
  'duplicate',
] as const
export type ProposalOutcome = (typeof PROPOSAL_OUTCOMES)[number]

/** The record of a proposal: what its query `proposal` answers. Times are epoch milliseconds. */
export interface ProposalState {
  format: 1
  id: string
  service: string
  environment: string
  trigger: Trigger
  alert: Alert
  since: number
  standing: (typeof PROPOSAL_STANDINGS)[number]
  outcome?: ProposalOutcome
  /** Why nothing starts by itself. */
  refusals: Refusal[]
  /** What was planned: the digest that an accept names, and one line per step. */
  planned?: {
    digest: string
    lines: string[]
    warnings: string[]
    lost: string[]
    schema: 'safe' | 'unsafe' | 'unknown'
  }
  /** Until when somebody may say no, or has to say yes. */
  until?: number
  accepted?: { by: string; groups: string[]; at: number; note?: string }
  rejected?: { by: string; at: number; note?: string }
  resolvedAt?: number
  /** Somebody has rolled the service back meanwhile. */
  supersededAt?: number
  /** The rollback that it has led to. */
  runId?: string
}

/** A proposal as it begins. */
export function openProposal({ id, trigger, alert, run }: ProposalInput, since: number): ProposalState {
  const { service, environment } = run
  return { format: 1, id, service, environment, trigger, alert, since, standing: 'gathering', refusals: [] }
}

/** The same as the Temporal UI shows it: words of others can't become markup. */
export function proposalDetails({ trigger, standing, outcome, refusals, planned }: ProposalState): string {
  const lines = [
    `**${trigger.runbook}, ${trigger.id}, ${trigger.mode}**: ${outcome ?? standing}`,
    ...(planned ? ['', ...planned.lines.map((line) => `1. \`${line.replaceAll('`', ' ')}\``)] : []),
    ...(refusals.length > 0 ? ['', `Does not start by itself: ${refusals.map(({ code }) => code).join(', ')}`] : []),
  ]
  return lines.join('\n').slice(0, 16_000)
}

/** The updates of a proposal; signed like those of a run. */
export interface ProposalMessages {
  accept: { planDigest: string; note?: string }
  refuse: { note?: string }
}

/** Why a proposal can't take this message now, or undefined when it can. */
export function whyNotProposal(
  state: ProposalState,
  name: keyof ProposalMessages,
  message: { planDigest?: string; signed?: string },
): Problem | undefined {
  if (typeof message !== 'object' || message === null || !message.signed)
    return { code: 'FORBIDDEN', message: `${name} needs a signature: send it through the API or the CLI of Unwind.` }
  if (state.standing === 'acting' || state.standing === 'ended' || state.accepted)
    return {
      code: 'DECISION_REFUSED',
      message: `The proposal is ${state.outcome ?? state.standing}; nothing is left to decide.`,
    }
  if (name === 'refuse') return undefined
  if (!state.planned)
    return { code: 'DECISION_REFUSED', message: 'The proposal has no plan yet; ask again in a moment.' }
  if (message.planDigest === state.planned.digest) return undefined
  return {
    code: 'STALE_DECISION',
    message: `The plan is ${state.planned.digest}; look at it and answer with that digest.`,
  }
}
