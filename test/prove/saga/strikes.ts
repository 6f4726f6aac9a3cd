import type { Mishap } from '../../rds-model/server.ts'
import type { Call } from './calls.ts'
import type { Lane } from './lane.ts'

/** What can happen to a call. */
export interface Strike {
  name: string
  /** Which calls it can happen to. */
  befalls(call: Call): boolean
  /** A person has to answer for it. */
  parks?: true
  /** Done to the call, and to as many of its like behind it as `times` says. */
  times: number
  strike(lane: Lane, call: Call): Promise<Mishap | undefined>
}

/** More than the SDK tries by itself, so that the engine has to try again as well. */
const STUBBORN = 5
/** So long a late call waits for its successor's; then it arrives all the same. */
const LATE = 15_000

export const STRIKES: readonly Strike[] = [
  {
    name: 'the worker dies before it arrives',
    befalls: ({ writes, system }) => writes || system === 'sql',
    times: 1,
    strike: async (lane) => {
      await die(lane)
      return 'dropped'
    },
  },
  {
    name: 'the worker dies and never hears the answer',
    befalls: () => true,
    times: 1,
    strike: async (lane) => {
      await die(lane)
      return 'lost'
    },
  },
  {
    name: 'the worker dies, and it arrives after what its successor did',
    befalls: ({ writes, system }) => writes && system === 'aws',
    times: 1,
    strike: async (lane) => {
      await die(lane)
      await lane.watch.nextChange(LATE)
      return 'lost'
    },
  },
  { name: 'the answer is lost', befalls: () => true, times: 1, strike: async () => 'lost' },
  {
    name: 'AWS throttles',
    befalls: ({ system }) => system === 'aws',
    times: STUBBORN,
    strike: async () => 'throttled',
  },
  {
    name: 'AWS fails',
    befalls: ({ writes, system }) => writes && system === 'aws',
    times: STUBBORN,
    strike: async () => 'broken',
  },
  {
    name: 'AWS refuses the right',
    befalls: ({ writes, system }) => writes && system === 'aws',
    parks: true,
    times: 1,
    strike: async () => 'denied',
  },
]

/** kill -9, and another one in its place as soon as it can be there. */
async function die({ worker }: Lane): Promise<void> {
  await worker.kill()
  // Whether it has come back is looked at in the end.
  void worker.restart().catch(() => {})
}
