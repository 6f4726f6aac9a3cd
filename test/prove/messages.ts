import { vendors } from '../notify/vendors.ts'
import { type Ground, type Lane, openGround } from './messages/ground.ts'
import { slowness } from './messages/slowness.ts'
import { begin, told } from './messages/run.ts'

export const title = 'People are told once, whatever dies meanwhile, and telling them delays nothing'

export const describe =
  'Starts a Temporal, or takes the one of --temporal <host:port>, a double of each vendor and workers that it kills with -9 at every write of every channel, before it is carried out and before its answer. --cases N takes N of these; --only <kind> takes one channel; --lanes N lets N die at the same time; --no-slowness leaves out the durations.'

/** All of them: as many as a run of each channel writes, twice. */
export const cases = 1_000

/** At most one in so many kills may find nothing to interrupt. */
const FEW = 10
/** Channels whose workers die at the same time: most of what a kill takes is the wait for what may still arrive. */
const LANES = 3

interface Line {
  name: string
  passed: boolean
  detail?: string
}

type Report = (line: Line) => void

interface Counted {
  objects: number
  twice: number
  missing: number
  killed: number
  /** Writes that a run did without: where something newer waits, what only shows where it stands is left out. */
  unreached: number
}

/** Reports each kill, and in the end what holds for all. */
export async function prove({ cases: most, args }: { cases: number; seed: number; args: string[] }, report: Report) {
  const given = (option: string) => (args.includes(option) ? args[args.indexOf(option) + 1] : undefined)
  const only = given('--only')
  const kinds = Object.keys(vendors).filter((kind) => only === undefined || kind === only)
  if (kinds.length === 0) throw new Error(`there is no channel ${only}; there is: ${Object.keys(vendors).join(', ')}`)
  const ground = await openGround(given('--temporal'))
  const counted: Counted = { objects: 0, twice: 0, missing: 0, killed: 0, unreached: 0 }
  const left = { cases: most }
  try {
    await shared(kinds, Number(given('--lanes') ?? LANES), (kind) => channel(ground, kind, left, counted, report))
    const { objects, twice, missing, killed, unreached } = counted
    const detail = `${killed} kills, ${objects} objects, ${twice} twice, ${missing} missing; ${unreached} writes not reached`
    const passed = twice === 0 && killed > 0 && unreached * FEW <= killed + unreached
    report({ name: 'never two objects for one key', passed, detail })
    if (!args.includes('--no-slowness')) await slowness(ground, report)
  } finally {
    await ground.close()
  }
}

/** A few at a time: each has a worker of its own that dies. */
async function shared<Item>(items: readonly Item[], lanes: number, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items]
  const one = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, one))
}

async function channel(ground: Ground, kind: string, left: { cases: number }, counted: Counted, report: Report) {
  const lane = await ground.lane(kind, [kind])
  const whole = await baseline(lane, kind).catch((error: unknown) => {
    report({ name: `${kind}: a run without a kill`, passed: false, detail: String(error) })
    return { writes: 0, kept: 0 }
  })
  for (let nth = 1; nth <= whole.writes; nth++)
    for (const moment of ['request', 'answer'] as const) {
      if (left.cases-- <= 0) return
      const name = `${kind}: killed at write ${nth} of ${whole.writes}, ${moment === 'request' ? 'before it' : 'its answer lost'}`
      try {
        const seen = await killed(lane, kind, { nth, moment }, whole.kept, counted)
        if (seen) report({ name, ...seen })
      } catch (error) {
        report({ name, passed: false, detail: error instanceof Error ? error.message : String(error) })
      }
    }
  await lane.worker.stop()
}

/** A run without a kill: how often it writes, and what it leaves. */
async function baseline(lane: Lane, kind: string): Promise<{ writes: number; kept: number }> {
  const { double, objects } = vendorOf(lane, kind)
  const { deaf } = await told(lane, await begin(lane, kind, '300ms'))
  if (deaf.length > 0 || double.violations.length > 0) throw new Error([...deaf, ...double.violations].join('; '))
  return { writes: double.asked.filter(({ write }) => write).length, kept: objects().length }
}

interface Kill {
  nth: number
  moment: 'request' | 'answer'
}

async function killed(lane: Lane, kind: string, { nth, moment }: Kill, kept: number, counted: Counted) {
  const { double, objects } = vendorOf(lane, kind)
  const before = objects()
  const held = double.hold(moment, nth).then(() => true)
  const run = await begin(lane, kind, '300ms')
  const ended = told(lane, run)
  const there = await Promise.race([held, ended.then(() => false)])
  if (there) await lane.worker.restart()
  else double.release()
  const { state, deaf } = await ended
  const left = objects()
  const ours = left.length - before.length
  const twice = repeated(left) - repeated(before)
  const missing = Math.max(0, kept - ours)
  counted.objects += ours
  counted.twice += twice
  counted.missing += missing
  counted[there ? 'killed' : 'unreached'] += 1
  const lost = kind === 'teams' ? 1 : 0
  const passed = twice === 0 && missing <= lost && state.outcome === 'recovered' && double.violations.length === 0
  const detail = `${ours} objects of ${kept}, ${twice} twice${deaf.length > 0 ? `; ${deaf.join('; ')}` : ''}`
  if (!there && passed) return undefined
  return { passed, detail: double.violations.length > 0 ? double.violations.slice(0, 3).join('; ') : detail }
}

function repeated(keys: readonly string[]): number {
  return keys.length - new Set(keys).size
}

function vendorOf(lane: Lane, kind: string) {
  const vendor = lane.vendors.get(kind)
  if (!vendor) throw new Error(`there is no double of ${kind}`)
  return vendor
}
