import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import type { RunState } from '../../model/run.ts'
import { crashes } from './crash/cases.ts'
import { type Ground, openGround } from './crash/ground.ts'
import { begin, newSubject, post, settled, type Subject } from './crash/run.ts'
import { type OtherCrash, otherCrashes } from './crash/others.ts'
import type { Crash } from './crash/strikes.ts'

export const title = 'Kill anything, any time: the run goes on or parks with a cause, and nothing is changed twice'

export const describe =
  'Starts a Temporal on a file, a control plane (or takes the one of --kubeconfig <path>) and worker processes that it kills. --cases N takes N crashes, in an order that --seed S gives; --only <words> takes those named so. Those that stop the API server, and those of targets beside Kubernetes (Git, GitHub Actions, Argo CD), need servers of their own: --kubeconfig leaves them out, and so does a smaller --cases.'

/** Every crash, with and without the workflow cache. */
export const cases = crashes.length * 2

interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** At least so many of the runs, whose systems all come back, must end well without a person. */
const ALONE = 0.95

/** What is counted over all crashes. */
interface Tally {
  alone: number
  exact: number
  replayed: number
}

/** Reports each crash, and in the end what holds for all of them. */
export async function prove(
  { cases: count, seed, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const kubeconfig = argument(args, '--kubeconfig')
  const known = crashes.filter(({ own }) => !own || kubeconfig === undefined)
  const only = argument(args, '--only')
  const asked = kubeconfig === undefined && (only !== undefined || count >= cases)
  const beside = otherCrashes.filter(({ name }) => asked && name.includes(only ?? ''))
  const chosen =
    beside.length > 0 && !known.some(({ name }) => name.includes(only ?? '')) ? [] : choose(known, count, seed, only)
  // Replaying would tell of each of its short-lived workers.
  Runtime.install({ logger: new DefaultLogger('WARN') })
  const ground = await openGround(kubeconfig)
  const tally: Tally = { alone: 0, exact: 0, replayed: 0 }
  try {
    for (const one of chosen) report(await line(ground, one, tally))
    for (const one of beside) report(await besideLine(ground, one, tally))
  } finally {
    await ground.close()
  }
  const all = chosen.length + beside.length
  const share = (part: number) => `${part} of ${all}, ${((100 * part) / all).toFixed(1)} %`
  const { alone, exact, replayed } = tally
  report({ name: 'at least 95 % ended well without a person', passed: alone >= ALONE * all, detail: share(alone) })
  report({ name: 'the template changed exactly once per change', passed: exact === all, detail: share(exact) })
  report({ name: 'every history replays', passed: replayed === all, detail: share(replayed) })
}

async function line(ground: Ground, { crash, cache }: Chosen, tally: Tally): Promise<Line> {
  const name = `${crash.name} (workflow cache ${cache ? 'on' : 'off'})`
  const began = Date.now()
  try {
    const detail = await tryOne(ground, crash, cache, tally)
    return { name, passed: true, detail: `${detail}, ${Date.now() - began} ms` }
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

async function besideLine(ground: Ground, { name, run }: OtherCrash, tally: Tally): Promise<Line> {
  try {
    const detail = await run(ground)
    for (const count of ['alone', 'exact', 'replayed'] as const) tally[count]++
    return { name, passed: true, detail }
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

async function tryOne(ground: Ground, crash: Crash, cache: boolean, tally: Tally): Promise<string> {
  const subject = await newSubject(ground, crash)
  ground.watch('change')
  const worker = await ground.startWorker(cache)
  const api = crash.posted ? await ground.startApi() : undefined
  try {
    const held = crash.arm?.(ground)
    const run = api ? await post(ground, api, subject) : await begin(ground, subject)
    await crash.strike({ ground, worker, run, ...(api && { api }) }, held)
    const state = await settled(run)
    const told = await judge(crash, state, subject, tally)
    const history = await run.fetchHistory()
    await Worker.runReplayHistory({ workflowBundle: ground.bundle }, history, run.workflowId)
    tally.replayed++
    return told
  } finally {
    ground.proxy.cut(false)
    ground.freeze?.(false)
    await api?.stop()
    await worker.stop()
  }
}

/**
 * Ended well means as it should by itself, every intended change made exactly once. Whoever waits for a person says
 * why, and has made each change at most once.
 */
async function judge({ ends, paused }: Crash, state: RunState, subject: Subject, tally: Tally): Promise<string> {
  const { phase, outcome, parked } = state
  const [changes, at] = [await subject.changes(), await subject.at()]
  const [intended, place] = ends === 'compensated' ? [paused ? 3 : 2, 'new'] : [1, 'old']
  const problem = parked?.problem ?? state.problem
  const said = `${phase} ${outcome ?? ''}${problem ? ` ${problem.code}: ${problem.message}` : ''}`
  const told = `${said}; changed ${changes} times of ${intended}, at the ${at} release`
  if (phase === 'parked' && problem?.message && changes <= intended) {
    tally.exact++
    return told
  }
  if (outcome !== (ends ?? 'recovered')) throw new Error(told)
  tally.alone++
  if (changes !== intended || at !== place) throw new Error(told)
  tally.exact++
  return told
}

interface Chosen {
  crash: Crash
  cache: boolean
}

function choose(possible: readonly Crash[], count: number, seed: number, only?: string): Chosen[] {
  const all = [true, false].flatMap((cache) => possible.map((crash) => ({ crash, cache })))
  const known = all.filter(({ crash }) => only === undefined || crash.name.includes(only))
  if (known.length === 0 || count === 0)
    throw new Error(only ? `no crash is named like ${JSON.stringify(only)}` : 'nothing is tried with --cases 0')
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
