import { openGround } from '../test/prove/saga/ground.ts'
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
const POLL = 500
/** So much of the states' time on AWS may be the saga's own, beside one poll per wait. */
const SHARE = 0.02

export const bench: Bench = {
  title: 'Time of a saga on a database beyond what AWS takes',
  figures: {
    saga: 'a whole saga, forty times as fast as on AWS, against the states that it waits for and one poll per wait',
    'saga, own': 'what it takes beyond that, against 2 % of what the states take on AWS',
  },
  goals: { 'saga, own': 1 },
  runs: 3,
  measure: (runs) =>
    withClosing(async (closing) => {
      const speed = { durations: DURATIONS, poll: `${POLL}ms` }
      const { client, lanes } = await openGround(1, speed, (end) => closing.add(end))
      const [lane] = lanes
      if (!lane) throw new Error('a ground of one lane has one')
      const whole = { ours: [] as number[], other: [] as number[] }
      const own = { ours: [] as number[], other: [] as number[] }
      for (let run = 0; run < runs; run++) {
        const { from, to } = await play(client, lane, { name: 'promoted', ending: 'promoted' })
        const { busy, waits } = busyBetween(lane.model.region, from, to)
        const due = busy + waits * POLL
        whole.ours.push(to - from)
        whole.other.push(due)
        own.ours.push(to - from - due)
        own.other.push(SHARE * busy * SPEED)
      }
      return [figure('saga', 'ms', whole), figure('saga, own', 'ms', own)]
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
