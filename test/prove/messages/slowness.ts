import type { RunState } from '../../../model/run.ts'
import type { Fault } from '../../doubles/double.ts'
import type { Ground, Lane } from './ground.ts'
import { begin } from './run.ts'

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['down', { hangUp: true }],
  ['slow, 30 s', { slow: 30_000 }],
  ['answering 500', { status: 500 }],
  ['answering 429', { status: 429, headers: { 'retry-after': '1' } }],
  ['answering garbage', { garbage: true }],
]
/** Pairs per state of a channel. */
const PAIRS = 7
/** Each of the two waits of a run. The second ends in the moment when what nobody heard is told again: the worst case. */
const WAIT = '2500ms'
/** A rollback with a channel in this state takes at most so much longer than one whose channel is well. */
const MOST = 1.05

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/**
 * Pairs of rollbacks at the same time, one with a channel that is well and one with a channel in this state: how much
 * longer the second takes by its own record, as the median over the pairs.
 */
export async function slowness(ground: Ground, report: (line: Line) => void): Promise<void> {
  const lane = await ground.lane('slowness', ['slack', ...FAULTS.map(() => 'slack')])
  const [well = '', ...faulty] = lane.vendors.keys()
  for (const [index, [name, fault]] of FAULTS.entries()) {
    const channel = faulty[index] ?? ''
    const vendor = lane.vendors.get(channel)
    if (!vendor) throw new Error(`there is no double for a channel ${name}`)
    vendor.double.fault = fault
    const pairs: Taken[][] = []
    for (let pair = 0; pair < PAIRS; pair++) pairs.push(await together(lane, [well, channel], pair % 2 === 1))
    const ratioOf = (what: keyof Taken) =>
      median(pairs.map(([one, other]) => (other?.[what] ?? Number.NaN) / (one?.[what] ?? Number.NaN)))
    const took = (place: number) => median(pairs.map((pair) => pair[place]?.record ?? Number.NaN))
    const ratio = ratioOf('record')
    const figures = `${took(1)} ms against ${took(0)} ms, ratio ${ratio.toFixed(3)} over ${PAIRS} pairs`
    const detail = `${figures}; until the lock was free ${ratioOf('closed').toFixed(3)}`
    report({ name: `a channel ${name} delays no rollback`, passed: ratio <= MOST, detail })
  }
}

/** Both begin in the same moment, now the one first and now the other. */
async function together(lane: Lane, channels: string[], reversed: boolean): Promise<Taken[]> {
  const order = reversed ? channels.toReversed() : channels
  const taken = await Promise.all(order.map((channel) => timed(lane, channel)))
  return reversed ? taken.toReversed() : taken
}

/** Milliseconds: until the outcome, and until the workflow had closed. */
interface Taken {
  record: number
  closed: number
}

async function timed(lane: Lane, channel: string): Promise<Taken> {
  const run = await begin(lane, channel, WAIT, false)
  const { closeTime } = await closed(run)
  const state = (await run.result()) as RunState
  const { startedAt, endedAt = Number.NaN } = state
  return { record: endedAt - startedAt, closed: closeTime - startedAt }
}

async function closed(run: Awaited<ReturnType<typeof begin>>): Promise<{ closeTime: number }> {
  await run.result()
  const { closeTime } = await run.describe()
  return { closeTime: closeTime?.getTime() ?? Number.NaN }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
