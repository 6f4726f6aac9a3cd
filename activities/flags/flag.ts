import type { CallContext, Change, Warning } from '../../model/target.ts'

/** A flag in one environment, as its system has it now. */
export interface Flag {
  /** The flag in words: `checkout/new-cart in production`. */
  name: string
  /** Its identity, for the lock. */
  object: string
  on: boolean
  /** Hash of everything else that decides who gets what there. */
  rules: string
  /** Ids of what it is made of, where turning it on may add one; those that are in force first. */
  strategies?: { id: string; inForce: boolean }[]
  /** What manages the flag and would turn it back. */
  owner?: string
  warnings: Warning[]
  impact: string[]
}

/** What a flag system has to be able to do; errors are those of the closed table. */
export interface FlagSystem<Step> {
  read(step: Step, context: CallContext): Promise<Flag>
  /** Turns it on or off, whatever it was: once more changes nothing. */
  turn(step: Step, on: boolean, context: CallContext): Promise<void>
}

/** Where a flag is: what a rollback overwrites, as content. */
export type FlagState = { object: string; on: boolean; rules: string; strategies?: string[] }

export function stateOf({ object, on, rules, strategies }: Flag): FlagState {
  return { object, on, rules, ...(strategies && { strategies: strategies.map(({ id }) => id).toSorted() }) }
}

export function isAt(flag: Flag, { on, rules }: FlagState): boolean {
  return flag.on === on && flag.rules === rules
}

export function word(on: boolean): 'on' | 'off' {
  return on ? 'on' : 'off'
}

/** What people approve. */
export function changesOf(from: FlagState, to: FlagState): Change[] {
  return [{ path: 'state', from: word(from.on), to: word(to.on) }]
}
