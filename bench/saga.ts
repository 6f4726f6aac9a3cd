import { type Ground, openGround } from '../test/prove/saga/ground.ts'
import { play } from '../test/prove/saga/play.ts'
import { AWS, type Region } from '../test/rds-model/model.ts'
import { type Bench, figure } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'

/** So many times as fast as AWS: what looks at AWS takes shrinks with its clock and the rest does not, so two speeds tell them apart. */
const SPEEDS = [40, 160] as const
/** Milliseconds between two looks at AWS, at most. */
const POLL = 20_000
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
      for (const speed of SPEEDS) grounds.push(await openGround(1, atSpeed(speed), (end) => closing.add(end)))
      const pairs = { ours: [] as number[], other: [] as number[] }
      for (let run = 0; run < runs; run++) {
        const [slow, quick] = [await sample(grounds[0]), await sample(grounds[1])]
        // Own time = what the engine takes + what looks take on AWS / speed.
        const looks = Math.max(0, (slow.own - quick.own) / (1 / SPEEDS[0] - 1 / SPEEDS[1]))
        pairs.ours.push(slow.own - looks / SPEEDS[0] + looks)
        pairs.other.push(SHARE * slow.busy * SPEEDS[0] + slow.waits * POLL)
      }
      return [figure('saga', 'ms', pairs)]
    }),
}

function atSpeed(speed: number) {
  const durations = Object.fromEntries(Object.entries(AWS).map(([name, took]) => [name, took / speed]))
  return { durations, poll: `${POLL / speed}ms` }
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
