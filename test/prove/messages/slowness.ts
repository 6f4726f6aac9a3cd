import type { RunState } from '../../../model/run.ts'
import type { Fault } from '../../doubles/double.ts'
import type { Ground, Lane } from './ground.ts'
import { begin } from './run.ts'

const FAULTS: readonly (readonly [string, Fault | undefined])[] = [
  ['well', undefined],
  ['down', { hangUp: true }],
  ['slow, 30 s', { slow: 30_000 }],
  ['answering 500', { status: 500 }],
  ['answering 429', { status: 429, headers: { 'retry-after': '1' } }],
  ['answering garbage', { garbage: true }],
]
const ROUNDS = 5
/** A rollback with a channel in this state takes at most so much longer than one whose channel is well. */
const MOST = 1.05

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** One run per state of a channel, all at once and several times: how long each rollback takes by its own record. */
export async function slowness(ground: Ground, report: (line: Line) => void): Promise<void> {
  const lane = await ground.lane(
    'slowness',
    FAULTS.map(() => 'slack'),
  )
  const channels = [...lane.vendors.keys()]
  for (const [index, [, fault]] of FAULTS.entries()) {
    const vendor = lane.vendors.get(channels[index] ?? '')
    if (vendor) vendor.double.fault = fault
  }
  const rounds: Taken[][] = []
  for (let round = 0; round < ROUNDS; round++)
    rounds.push(await Promise.all(channels.map((channel) => timed(lane, channel))))
  const of = (index: number, what: keyof Taken) => median(rounds.map((taken) => taken[index]?.[what] ?? Number.NaN))
  for (const [index, [name]] of FAULTS.entries()) {
    if (index === 0) continue
    const [ratio, closed] = [of(index, 'record') / of(0, 'record'), of(index, 'closed') / of(0, 'closed')]
    const [own, well] = [of(index, 'record'), of(0, 'record')]
    const figures = `${own} ms against ${well} ms, ratio ${ratio.toFixed(3)}; until the lock was free ${closed.toFixed(3)}`
    report({ name: `a channel ${name} delays no rollback`, passed: ratio <= MOST, detail: figures })
  }
}

/** Milliseconds: until the outcome, and until the workflow had closed. */
interface Taken {
  record: number
  closed: number
}

async function timed(lane: Lane, channel: string): Promise<Taken> {
  const run = await begin(lane, channel, '2500ms', false)
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
