import type { Call } from './calls.ts'
import type { Ending } from './runbook.ts'
import { STRIKES, type Strike } from './strikes.ts'

/** One thing that happens to one call of one saga. */
export interface Case {
  name: string
  ending: Ending
  /** Undefined: nothing happens. */
  at?: Call
  strike?: Strike
}

/** In a stretch of looks the first one is struck and one in the midst. */
const MIDST = 3

/**
 * Everything that can happen to every call: in a saga that is promoted to all of them, in one that is taken back to those
 * that come once the promotion has stood.
 */
export function casesOf(ending: Ending, seen: readonly Call[]): Case[] {
  const sites = seen.filter(({ nth, writes }) => writes || nth === 1 || nth === MIDST)
  return sites.flatMap((at) =>
    STRIKES.filter((strike) => strike.befalls(at)).map((strike) => ({
      name: `${ending}: ${strike.name}: ${told(at)}`,
      ...{ ending, at, strike },
    })),
  )
}

/** The calls of a saga that is taken back which one that is promoted does not have: those after the promotion. */
export function takingBack(promoted: readonly Call[], takenBack: readonly Call[]): Call[] {
  const known = new Set(promoted.map(told))
  return takenBack.filter((call) => !known.has(told(call)))
}

function told({ name, after, nth }: Call): string {
  return `${name}${nth > 1 ? ` (look ${nth})` : ''}, after ${after}`
}
