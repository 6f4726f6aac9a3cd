import { createServer } from 'node:http'
import { once } from 'node:events'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { type Ground, openGround } from './crash/ground.ts'
import { byScript, byUnwind, isHealthy, type Told } from './script/attempt.ts'
import { type Broken, GOOD, RELEASES } from './script/releases.ts'

export const title = 'Twenty broken releases, taken back by a usual script and by Unwind'

export const describe =
  'Starts a Temporal, a control plane and a worker. Each release is broken twice over; a rollback.sh of kubectl rollout undo, status and a health check takes one back, Unwind the other, and whoever asks waits a minute at most. Who says that it is healthy while it is not has lied. First the script is shown to pass. --cases N takes the first N, --only <words> those named so.'

export const cases = RELEASES.length

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** What came of an attempt: what was said, held against what the cluster runs. */
const ENDS = ['healthy', 'said no', 'false alarm', 'lied', 'hung'] as const
type End = (typeof ENDS)[number]

/** A release counts as passed where Unwind has neither lied nor hung nor cried wolf, and ended healthy where there was a way. */
export async function prove(
  { cases: count, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') })
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined
  const chosen = RELEASES.filter(({ name }) => only === undefined || name.includes(only)).slice(0, count)
  const closing: (() => Promise<unknown>)[] = []
  const ends: Record<'script' | 'unwind', End[]> = { script: [], unwind: [] }
  try {
    closing.push(await answering())
    const ground = await openGround()
    closing.push(() => ground.close())
    const worker = await ground.startWorker(true)
    closing.push(() => worker.stop())
    report(await onHealthy(ground))
    for (const [index, broken] of chosen.entries()) report(await line(ground, broken, index, ends))
    for (const who of ['script', 'unwind'] as const) {
      const counted = ENDS.map((end) => `${ends[who].filter((one) => one === end).length} ${end}`).join(', ')
      report({ name: `${who}, of ${chosen.length}`, passed: true, detail: counted })
    }
  } finally {
    for (const end of closing.reverse()) await end()
  }
}

/** The script asks http://localhost:3000/health inside a pod, which is this machine: kwok carries the command out here. */
async function answering(): Promise<() => Promise<void>> {
  const server = createServer((_, response) => response.end('ok'))
  server.listen(3000, 'localhost')
  await once(server, 'listening')
  return async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Where nothing is broken both do what they say: one release back. The script's check passes. */
async function onHealthy(ground: Ground): Promise<Line> {
  const { lab } = ground
  const all = ['script-healthy', 'unwind-healthy'].map(async (name) => {
    await lab.deploy(name, GOOD)
    await lab.deploy(name, { image: '3.10' })
    const told = await (name.startsWith('script') ? byScript(lab, name) : byUnwind(ground, 'deployment', name))
    const passed = told.said === 'healthy' && (await isHealthy(lab, 'deployment', name))
    return { passed, detail: `${name}: ${told.said}, ${told.took} ms: ${told.words}` }
  })
  const found = await Promise.all(all)
  return {
    name: 'nothing is broken',
    passed: found.every(({ passed }) => passed),
    detail: found.map(({ detail }) => detail).join('; '),
  }
}

async function line(
  ground: Ground,
  broken: Broken,
  index: number,
  ends: Record<'script' | 'unwind', End[]>,
): Promise<Line> {
  const { kind = 'deployment', make, asked, lost, name } = broken
  const lab = ground.lab.of(kind)
  const attempt = async (who: 'script' | 'unwind') => {
    const workload = `${who}-${index}`
    const end = await make(lab, workload)
    try {
      const one = () => (who === 'script' ? byScript(lab, workload) : byUnwind(ground, kind, workload))
      const told = await times(one, asked)
      const found = judged(told, await isHealthy(ground.lab, kind, workload))
      ends[who].push(found)
      const seconds = (told.took / 1_000).toFixed(1)
      return { found, detail: `${who}: ${found} after ${seconds} s (${told.words.slice(0, 160)})` }
    } finally {
      await end?.()
    }
  }
  const script = await attempt('script')
  const unwind = await attempt('unwind')
  const passed = unwind.found === 'healthy' || (lost === true && unwind.found === 'said no')
  return { name, passed, detail: `${script.detail}; ${unwind.detail}` }
}

/** Of several who asked, what the first was told who was told that it is healthy; all of them are waited for. */
async function times(one: () => Promise<Told>, asked: Broken['asked']): Promise<Told> {
  const [first, second] =
    asked === 'twice at once' ? await Promise.all([one(), one()]) : [await one(), asked ? await one() : undefined]
  const all = second ? [first, second] : [first]
  const said = all.find((told) => told.said === 'healthy') ?? first
  return { ...said, took: Math.max(...all.map(({ took }) => took)) }
}

function judged({ said }: Told, healthy: boolean): End {
  if (said === 'nothing') return 'hung'
  if (said === 'healthy') return healthy ? 'healthy' : 'lied'
  return healthy ? 'false alarm' : 'said no'
}
