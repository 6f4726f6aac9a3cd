import { type Ground, openGround } from '../test/prove/saga/ground.ts'
import { play } from '../test/prove/saga/play.ts'
import type { Region } from '../test/rds-model/model.ts'
import { type Bench, figure } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'

/** So many times as fast as AWS, by the durations of test/rds-model/model.ts. */
const SPEED = 40
const DURATIONS = {
  ...{ restore: 32_000, lag: 250, rename: 7_500, modify: 1_500, reboot: 1_500, snapshot: 3_750 },
  ...{ remove: 7_500, logs: 7_500 },
}
/** Milliseconds between two looks: two rates of looking tell what looking costs, and what the rest does. */
const POLLS = [500, 100] as const
const POLL_OF_AWS = 20_000
/** The saga may take so much of its own, beside one look per wait. */
const SHARE = 0.02

export const bench: Bench = {
  title: 'Time of a saga on a database beyond what AWS takes',
  figures: {
    saga: 'what a saga takes on AWS beyond the states that it waits for, against 2 % of them and one poll per wait',
  },
  goals: { saga: 1 },
  runs: 2,
  measure: (runs) =>
    withClosing(async (closing) => {
      const grounds: Ground[] = []
      for (const poll of POLLS)
        grounds.push(await openGround(1, { durations: DURATIONS, poll: `${poll}ms` }, (end) => closing.add(end)))
      const pairs = { ours: [] as number[], other: [] as number[] }
      for (let run = 0; run < runs; run++) {
        const [slow, quick] = [await sample(grounds[0]), await sample(grounds[1])]
        // Own time = what the engine takes + so many polls; the second part is as slow on AWS as its polls are.
        const polls = Math.max(0, (slow.own - quick.own) / (POLLS[0] - POLLS[1]))
        const engine = quick.own - polls * POLLS[1]
        pairs.ours.push(engine + polls * POLL_OF_AWS)
        pairs.other.push(SHARE * slow.busy * SPEED + slow.waits * POLL_OF_AWS)
      }
      return [figure('saga', 'ms', pairs)]
    }),
}

/** One saga: its own time, for how long the model was busy, and how many stretches of that were waited for. Milliseconds. */
async function sample(ground: Ground | undefined): Promise<{ own: number; busy: number; waits: number }> {
  const [lane] = ground?.lanes ?? []
  if (!ground || !lane) throw new Error('a ground of one lane has one')
  const { from, to } = await play(ground.client, lane, { name: 'promoted', ending: 'promoted' })
  const { busy, waits } = busyBetween(lane.model.region, from, to)
  return { own: to - from - busy, busy, waits }
}

/** For how long something of the region was on its way, and how many such stretches there were: each is waited for once. */
function busyBetween({ spent }: Region, from: number, to: number): { busy: number; waits: number } {
  let [busy, waits, end] = [0, 0, from]
  for (const stretch of spent.toSorted((one, other) => one.from - other.from)) {
    const [begins, ends] = [Math.max(stretch.from, end), Math.min(stretch.to, to)]
    if (ends <= begins) continue
    if (stretch.from > end) waits++
    busy += ends - begins
    end = ends
  }
  return { busy, waits }
}
