import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import type { RunState } from '../../model/run.ts'
import { type Crash, crashes } from './crash/cases.ts'
import { type Ground, openGround } from './crash/ground.ts'
import { begin, newSubject, post, settled } from './crash/run.ts'

export const title = 'Kill anything, any time: the run goes on or parks with a cause, and nothing is changed twice'

export const describe =
  'Starts a Temporal on a file, a control plane (or takes the one of --kubeconfig <path>) and worker processes that it kills. --cases N takes N crashes, in an order that --seed S gives; --only <words> takes those named so.'

/** Every crash, with and without the workflow cache. */
export const cases = crashes.length * 2

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** At least so many of the runs whose systems came back must recover without a person. */
const ALONE = 0.95

/** Reports each crash, and in the end the share of runs that recovered without a person. */
export async function prove(
  { cases: count, seed, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const chosen = choose(count, seed, argument(args, '--only'))
  // Replaying would tell of each of its short-lived workers.
  Runtime.install({ logger: new DefaultLogger('WARN') })
  const ground = await openGround(argument(args, '--kubeconfig'))
  let recovered = 0
  try {
    for (const { crash, cache } of chosen) {
      const name = `${crash.name} (workflow cache ${cache ? 'on' : 'off'})`
      const began = Date.now()
      try {
        const state = await tryOne(ground, crash, cache)
        if (state.outcome === 'recovered') recovered++
        const problem = state.parked?.problem
        const ended = problem ? `parked: ${problem.code}: ${problem.message}` : state.outcome
        report({ name, passed: true, detail: `${ended}, changed once, ${Date.now() - began} ms` })
      } catch (error) {
        report({ name, passed: false, detail: error instanceof Error ? error.message : String(error) })
      }
    }
  } finally {
    await ground.close()
  }
  const share = chosen.length === 0 ? 0 : recovered / chosen.length
  const detail = `${recovered} of ${chosen.length}, ${(share * 100).toFixed(1)} %`
  report({ name: 'at least 95 % recovered without a person', passed: share >= ALONE, detail })
}

async function tryOne(ground: Ground, crash: Crash, cache: boolean): Promise<RunState> {
  const subject = await newSubject(ground, crash.soak)
  ground.watch('change')
  const worker = await ground.startWorker(cache)
  const api = crash.posted ? await ground.startApi() : undefined
  try {
    const held = crash.arm?.(ground)
    const run = api ? await post(ground, api, subject) : await begin(ground, subject)
    await crash.strike({ ground, worker, run, ...(api && { api }) }, held)
    const state = await settled(run)
    const history = await run.fetchHistory()
    await Worker.runReplayHistory({ workflowBundle: ground.bundle }, history, run.workflowId)
    const fault = faultOf(state, await subject.changes())
    if (fault) throw new Error(fault)
    return state
  } finally {
    ground.proxy.cut(false)
    await api?.stop()
    await worker.stop()
  }
}

/** Recovered means changed exactly once; whoever waits says why and has changed it at most once. */
function faultOf(state: RunState, changes: number): string | undefined {
  const said = `${state.phase} ${state.outcome ?? ''} ${JSON.stringify(state.parked?.problem ?? state.problem ?? '')}`
  if (state.outcome === 'recovered') return changes === 1 ? undefined : `${said}: changed ${changes} times`
  if (state.phase !== 'parked' || !state.parked?.problem.message) return `neither recovered nor parked: ${said}`
  return changes <= 1 ? undefined : `${said}: changed ${changes} times`
}

function choose(count: number, seed: number, only?: string): { crash: Crash; cache: boolean }[] {
  const all = [true, false].flatMap((cache) => crashes.map((crash) => ({ crash, cache })))
  const known = all.filter(({ crash }) => only === undefined || crash.name.includes(only))
  if (known.length === 0) throw new Error(`no crash is named like ${JSON.stringify(only)}`)
  const shuffled = count < known.length ? shuffle(known, seed) : known
  return Array.from(
    { length: only ? Math.min(count, known.length) : count },
    (_, index) => shuffled[index % shuffled.length],
  ).filter((one) => one !== undefined)
}

/** The same order for the same seed (a linear congruential generator, as in Numerical Recipes). */
function shuffle<Item>(items: readonly Item[], seed: number): Item[] {
  let state = seed >>> 0
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0)
  return items
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

function argument(args: readonly string[], name: string): string | undefined {
  const place = args.indexOf(name)
  return place < 0 ? undefined : args[place + 1]
}
