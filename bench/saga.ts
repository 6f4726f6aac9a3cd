import { openGround } from '../test/prove/saga/ground.ts'
import { play } from '../test/prove/saga/play.ts'
import type { Region } from '../test/rds-model/model.ts'
import { type Bench, figure } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'

/** Forty times as fast as AWS (test/rds-model/model.ts); the engine is not, so its share is forty times what it is there. */
const DURATIONS = {
  ...{ restore: 32_000, lag: 250, rename: 7_500, modify: 1_500, reboot: 1_500, snapshot: 3_750 },
  ...{ remove: 7_500, logs: 7_500 },
}
const POLL = 500

export const bench: Bench = {
  title: 'Time of a saga on a database beyond what AWS takes',
  figures: {
    saga: 'from the start of the run until it has ended, against the time that the model of RDS was busy and one poll per wait',
  },
  goals: { saga: 1.02 },
  runs: 3,
  measure: (runs) =>
    withClosing(async (closing) => {
      const speed = { durations: DURATIONS, poll: `${POLL}ms` }
      const { client, lanes } = await openGround(1, speed, (end) => closing.add(end))
      const [lane] = lanes
      if (!lane) throw new Error('a ground of one lane has one')
      const pairs = { ours: [] as number[], other: [] as number[] }
      for (let run = 0; run < runs; run++) {
        const { from, to } = await play(client, lane, { name: 'promoted', ending: 'promoted' })
        const { busy, waits } = busyBetween(lane.model.region, from, to)
        pairs.ours.push(to - from)
        pairs.other.push(busy + waits * POLL)
      }
      return [figure('saga', 'ms', pairs)]
    }),
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
