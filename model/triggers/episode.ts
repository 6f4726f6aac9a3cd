import type { Mode } from './modes.ts'

/** One time that one alert has fired for one service: what is decided, is decided once per episode. */
export interface Episode {
  /** The id of its proposal, see `proposalId`. */
  id: string
  runbook: string
  trigger: string
  /** Names the alert whatever its times: peers of one monitoring system agree on it. */
  fingerprint: string
  /** Epoch milliseconds. */
  startsAt: number
  openedAt: number
  resolvedAt?: number
  /** The deploy that it is blamed on. */
  deploy?: number
  standing: Standing
  refusals?: Refusal[]
  runId?: string
}

/**
 * Where an episode stands: being looked at; refused; waiting for a person or for a veto to run out; a rollback runs;
 * ended, by whatever.
 */
export type Standing = 'open' | 'refused' | 'proposed' | 'acting' | 'ended'

/** Why a trigger starts nothing by itself. The words are told to people. */
export interface Refusal {
  code: RefusalCode
  text: string
}

/**
 * Every reason that a trigger may be refused for, and what remains of it. `silent`: nobody needs to hear it again;
 * `tell`: people are told that it alerts, without a proposal; `propose`: a person may still want it, so it is proposed.
 */
export const REFUSALS = {
  DUPLICATE: 'silent',
  RESOLVED: 'silent',
  COOL_DOWN: 'silent',
  ROLLBACK_RUNNING: 'silent',
  ATTEMPTED: 'tell',
  ALERT_BEFORE_DEPLOY: 'tell',
  DEPLOY_TOO_OLD: 'tell',
  AFTER_ROLLBACK: 'tell',
  FLAPPING: 'tell',
  LOCKED: 'tell',
  MONITORING_DOWN: 'tell',
  NOT_CONFIRMED: 'tell',
  INFRASTRUCTURE: 'tell',
  NOT_PLANNED: 'tell',
  STOPPED: 'propose',
  FROZEN: 'propose',
  BUDGET: 'propose',
  NO_DEPLOY: 'propose',
  NO_VERIFIED_TARGET: 'propose',
  SCHEMA_UNSAFE: 'propose',
  NO_ANSWER: 'propose',
} as const satisfies Record<string, 'silent' | 'tell' | 'propose'>
export type RefusalCode = keyof typeof REFUSALS

/** What remains of a trigger that was refused for these reasons: the least of what each leaves. */
export function remains(refusals: readonly Refusal[]): 'act' | 'propose' | 'tell' | 'silent' {
  const order = ['silent', 'tell', 'propose'] as const
  return order.find((left) => refusals.some(({ code }) => REFUSALS[code] === left)) ?? 'act'
}

/** An alert as a proposal is opened with it. */
export interface Alert {
  fingerprint: string
  /** Epoch milliseconds. */
  startsAt: number
  labels: Record<string, string>
  /** One line for people. */
  summary?: string
}

/** The trigger of a runbook that an alert has met. */
export interface Trigger {
  runbook: string
  id: string
  /** The runbook's mode, and never more than the environment allows. */
  mode: Mode
}
