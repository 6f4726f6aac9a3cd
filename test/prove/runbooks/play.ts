import type { RunState } from '../../../model/run.ts'
import type { Engine } from '../../support/engine.ts'
import type { Case } from './case.ts'
import { inputOf } from './document.ts'
import type { Faults } from './faults.ts'
import { People } from './people.ts'
import type { Seen } from './reference.ts'

export interface Played {
  seen: Seen
  state: RunState
}

/** Plays the case on the engine, answers for its people, and tells what has come of it. */
export async function play(engine: Engine, given: Case, faults: Faults): Promise<Played> {
  for (const { name, revisions } of given.objects) engine.system.put(name, ...revisions)
  for (const { id, object } of Object.values(given.procedures).flat())
    for (const verb of ['plan', 'apply', 'verify'])
      if (object) faults.set(`${object}/${id}.${verb}`, [...(given.faults[`${id}.${verb}`] ?? [])])
  const run = await engine.begin(inputOf(engine, given))
  const people = new People(engine, run, given)
  const state = await people.untilEnded()
  return { state, seen: seenOf(engine, given, state, people.stops) }
}

function seenOf({ system }: Engine, given: Case, state: RunState, stops: string[]): Seen {
  return {
    outcome: state.outcome ?? state.phase,
    procedure: state.procedure ?? '',
    path: (state.decision?.path ?? []).map(
      ({ id, answer, by }) => `${id} ${answer} ${by === 'evidence' ? by : by.subject}`,
    ),
    steps: state.steps.map(({ id, status }) => `${id} ${status}`),
    objects: given.objects.map(({ name }) => {
      const { at, writes } = system.get(name)
      return `${name} ${at} ${writes.length}`
    }),
    stops,
    ticked: (state.checklist ?? []).filter(({ ticked }) => ticked?.by === 'bob').map(({ id }) => id),
    owed: String(state.obligations?.length ?? 0),
  }
}
