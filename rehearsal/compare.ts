import type { RunState } from '../model/run.ts'
import type { Played } from './play.ts'
import type { Expected } from './schema.ts'

/** What differs from what was expected, one sentence each; nothing where all is as it should be. */
export function differences(expected: Expected, played: Played): string[] {
  const seen = observed(played)
  const lines = (Object.keys(expected) as (keyof Expected)[]).flatMap((name) => {
    const [wanted, was] = [expected[name], name === 'told' ? toldOf(expected, played) : seen[name]]
    return wanted === undefined || same(wanted, was)
      ? []
      : [`${name}: expected ${written(wanted)}, was ${written(was)}`]
  })
  const more = [
    ...(expected.outcome === seen.outcome ? [] : [whatHappened(played)]),
    ...(expected.refused ? [] : played.refused.map(({ who, why }) => `the answer of ${who} was refused: ${why}`)),
  ]
  return [...lines, ...more.filter(Boolean)]
}

/** What a scenario showed, in the words of `expect`. */
function observed({ state, waitsFor, refused }: Played): Expected {
  const { outcome, decision, procedure, steps } = state
  return {
    outcome: outcome ?? 'waits',
    ...(waitsFor !== undefined && { waitsFor }),
    path: Object.fromEntries((decision?.path ?? []).map(({ id, answer }) => [id, answer])),
    ...(procedure !== undefined && { procedure }),
    steps: [...new Set(events(state, 'step-started', 'step-done'))],
    skipped: steps.filter(({ status }) => status === 'skipped').map(({ id }) => id),
    parked: events(state, 'parked'),
    compensated: [...new Set(events(state, 'step-compensated'))],
    refused: refused.map(({ who }) => who),
  }
}

function events({ timeline }: RunState, ...types: RunState['timeline'][number]['type'][]): string[] {
  return timeline.flatMap(({ type, stepId }) => (stepId !== undefined && types.includes(type) ? [stepId] : []))
}

/** Only the events that are expected count: how often a run pages is not what a scenario is about. */
function toldOf({ told = {} }: Expected, played: Played): Record<string, string[]> {
  const heard = (event: string) => played.told.filter((message) => message.event === event)
  return Object.fromEntries(
    Object.entries(told).map(([event, wanted]) => {
      const channels = [...new Set(heard(event).flatMap((message) => message.channels))]
      // Channels have no order.
      return [event, same(channels.toSorted(), [...wanted].toSorted()) ? wanted : channels]
    }),
  )
}

function whatHappened({ state }: Played): string {
  const { parked, problem, timeline } = state
  if (parked) return `parked at ${parked.stepId}: ${parked.problem.code}: ${parked.problem.message}`
  return problem ? `${problem.code}: ${problem.message}` : (timeline.at(-1)?.text ?? '')
}

/** The order of keys counts, as in a path. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function written(value: unknown): string {
  if (value === undefined) return 'nothing'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
