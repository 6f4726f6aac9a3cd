import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker'
import { startTemporal } from '../../tools/temporal/server.ts'
import { continuing } from './replay/continuing.ts'
import { handedOver } from './replay/handed-over.ts'
import { recorded } from './replay/recorded.ts'

export const title = 'What one worker began another one finishes: by replay, with newer code, as a new execution'

export const describe =
  'Every path is walked, recorded and replayed; a run that waits in each of the ways it can on the code of the version that is kept goes on with that of this tree; --cases N long runbooks are played twice, once going on as a new execution every 150 events. Starts a Temporal, or takes the one of --temporal <host:port>. --only <words> takes the cases named so.'

/** Long runbooks; the other two parts have as many cases as there are paths and ways to wait. */
export const cases = 12

/** What the parts of the proof have in common: a case has a name, and fails with a reason. */
export interface Attempt {
  name: string
  /** Resolves with what was seen, or rejects with why that is wrong. */
  run(temporalAddress: string): Promise<string | undefined>
}

interface Line {
  name: string
  passed: boolean
  detail?: string
}

const AT_ONCE = 4

/** Tries all of it and reports each case. */
export async function prove(
  { cases: count, seed, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter } } })
  const only = argument(args, '--only')
  const all = [...recorded(), ...(await handedOver()), ...continuing(seed, count)]
  const queue = all.filter(({ name }) => only === undefined || name.includes(only)).values()
  const running = argument(args, '--temporal')
  const temporal = running === undefined ? await startTemporal() : undefined
  const address = running ?? temporal?.address ?? ''
  const playAll = async () => {
    for (const attempt of queue) report(await line(attempt, address))
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, playAll))
  } finally {
    await temporal?.stop()
  }
}

async function line({ name, run }: Attempt, address: string): Promise<Line> {
  try {
    const detail = await run(address)
    return { name, passed: true, ...(detail !== undefined && { detail }) }
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

function argument(args: readonly string[], name: string): string | undefined {
  const place = args.indexOf(name)
  return place < 0 ? undefined : args[place + 1]
}
