import { DefaultLogger, Runtime } from '@temporalio/worker'
import fc from 'fast-check'
import { roll } from '../support/dice.ts'
import { CASES } from './triggers/cases.ts'
import { openGround } from './triggers/ground.ts'

export const title = 'No rollback that nobody wants, none missed, and a reason for each refusal'

export const describe =
  'Starts a Temporal, or takes the one of --temporal <host:port>. Plays --cases N episodes of alerts drawn from --seed S through the hook.'

export const cases = 200

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** Episodes that are played at the same time. */
const AT_ONCE = 6

/** Every episode runs through the API's hook, Temporal, the real workflows, and a system in memory that counts its writes. */
export async function prove(
  { cases: count, seed, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const place = args.indexOf('--temporal')
  const ground = await openGround(place < 0 ? undefined : args[place + 1])
  // Each kind comes up before any comes up again, in an order that the seed decides.
  const [order = []] = fc.sample(fc.shuffledSubarray([...CASES], { minLength: CASES.length }), { seed, numRuns: 1 })
  const drawn = Array.from({ length: count }, (_, index) => order[index % order.length])
  const waiting = drawn.flatMap((one, index) => (one ? [{ one, index }] : []))
  const play = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { one, index } = next
      const detail = await one
        .play(ground, roll(seed, index))
        .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      report({ name: `${one.name} (${index})`, passed: detail === undefined, ...(detail && { detail }) })
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, play))
  } finally {
    await ground.close()
  }
}
