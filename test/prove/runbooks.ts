import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker'
import { startTemporal } from '../../tools/temporal/server.ts'
import { Engine } from '../support/engine.ts'
import { MemorySystem } from '../support/memory-target.ts'
import { compare } from './runbooks/compare.ts'
import { ATTEMPTS, type Case } from './runbooks/case.ts'
import { type Faults, faulty } from './runbooks/faults.ts'
import { generate } from './runbooks/generate.ts'
import { play } from './runbooks/play.ts'
import { predict } from './runbooks/reference.ts'

export const title = 'Random runbooks with random faults do what a small model of the semantics says'

export const describe =
  'Starts a Temporal, or takes the one of --temporal <host:port>. --only I plays the case with this index alone. Half of the cases continue as new executions, a quarter run without the workflow cache.'

/** Enough for the test command. */
export const cases = 200

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** Runs that are under way at the same time; each task of one without the cache costs all that came before it. */
const AT_ONCE = { cached: 12, uncached: 4 }

/** Plays the cases of this seed and reports each; a divergence names both what was expected and what was seen. */
export async function prove(
  { cases: count, seed, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  quietly()
  const only = argument(args, '--only')
  const indices = only === undefined ? Array.from({ length: count }, (_, index) => index) : [Number(only)]
  const running = argument(args, '--temporal')
  const temporal = running === undefined ? await startTemporal() : undefined
  const address = running ?? temporal?.address ?? ''
  const engines: [Part, Part] = [await open(address, true), await open(address, false)]
  try {
    const given = indices.map((index) => generate(seed, index))
    const [cached, uncached] = [given.filter(({ cache }) => cache), given.filter(({ cache }) => !cache)]
    const playAll = async (queue: Iterable<Case>) => {
      for (const one of queue) report(await line(engines, one))
    }
    const together = (queue: IterableIterator<Case>, count: number) =>
      Array.from({ length: count }, () => playAll(queue))
    await Promise.all([...together(cached.values(), AT_ONCE.cached), ...together(uncached.values(), AT_ONCE.uncached)])
  } finally {
    for (const { engine } of engines) await engine.stop()
    await temporal?.stop()
  }
}

interface Part {
  engine: Engine
  faults: Faults
}

async function open(temporalAddress: string, cache: boolean): Promise<Part> {
  const [system, faults]: [MemorySystem, Faults] = [new MemorySystem(), new Map()]
  const engine = await Engine.start({
    ...{ temporalAddress, system, limits: { attempts: ATTEMPTS } },
    wrap: (target) => faulty(target, system, faults),
    worker: cache ? {} : { maxCachedWorkflows: 0 },
  })
  return { engine, faults }
}

async function line([cached, uncached]: [Part, Part], given: Case): Promise<Line> {
  const { seed, index, cache } = given
  const name = `runbook ${index} of seed ${seed} (--seed ${seed} --only ${index})`
  const { engine, faults } = cache ? cached : uncached
  try {
    const difference = compare(predict(given), (await play(engine, given, faults)).seen)
    return { name, passed: difference === undefined, ...(difference && { detail: difference }) }
  } catch (error) {
    return { name, passed: false, detail: told(error) }
  }
}

/** What was refused stands in the cause. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

/** Refusals and faults are what is asked for here. */
function quietly(): void {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter } } })
}

function argument(args: readonly string[], name: string): string | undefined {
  const place = args.indexOf(name)
  return place < 0 ? undefined : args[place + 1]
}
