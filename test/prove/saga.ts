import { roll } from '../support/dice.ts'
import { type Case, casesOf, takingBack } from './saga/cases.ts'
import { type Ground, openGround } from './saga/ground.ts'
import type { Lane } from './saga/lane.ts'
import { play } from './saga/play.ts'

export const title =
  'A restored database takes the place of the old one, or nothing is changed, whatever happens to any call'

export const describe =
  'Starts a Temporal, and for each lane a PostgreSQL, a model of RDS and a worker process that it kills. The calls of a saga are taken from two that nothing happens to; then --cases N things happen to one call each, in an order that --seed S gives. --only <words> takes those named so, --times N tries each so often, --lanes N plays so many at a time.'

/** More than can happen to all calls, which is about 450: each is tried once. */
export const cases = 500

interface Line {
  name: string
  passed: boolean
  detail?: string
}

const QUICK = { restore: 200, lag: 60, rename: 150, modify: 80, reboot: 80, snapshot: 150, remove: 80, logs: 100 }
const LANES = 3

/** Reports each saga, with who is called what in the end, and that every call was struck where all were asked for. */
export async function prove(
  { cases: count, seed, args }: { cases: number; seed: number; args: string[] },
  report: (line: Line) => void,
): Promise<void> {
  const closing: (() => Promise<unknown>)[] = []
  try {
    const lanes = Number(argument(args, '--lanes') ?? LANES)
    const speed = { durations: QUICK, poll: '50ms' }
    // Two sagas at least are played at the same time to begin with.
    const ground = await openGround(Math.max(2, Math.min(lanes, count)), speed, (end) => closing.push(end))
    const all = await rehearsed(ground, report)
    const chosen = choose(all, count, seed, argument(args, '--only'))
    const times = Number(argument(args, '--times') ?? 1)
    const queue = Array.from({ length: times }, () => chosen)
      .flat()
      .values()
    await Promise.all(
      ground.lanes.map(async (lane) => {
        for (const one of queue) report(await tried(ground, lane, one))
      }),
    )
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

/** Both sagas with nothing happening to them, which tells what calls there are; and every case that follows. */
async function rehearsed({ client, lanes }: Ground, report: (line: Line) => void): Promise<Case[]> {
  const endings = ['promoted', 'taken back'] as const
  const played = await Promise.all(
    endings.map(async (ending, index) => {
      const lane = lanes[index % lanes.length] as Lane
      return play(client, lane, { name: ending, ending })
    }),
  )
  const [promoted, back] = played
  if (!promoted || !back) return []
  const cases = {
    promoted: casesOf('promoted', promoted.seen),
    'taken back': casesOf('taken back', takingBack(promoted.seen, back.seen)),
  }
  for (const [index, { told, from, to }] of played.entries()) {
    const ending = endings[index] ?? 'promoted'
    const detail = `${told}; ${to - from} ms; ${cases[ending].length} things can happen to its calls`
    report({ name: `${ending}: nothing happens`, passed: true, detail })
  }
  return Object.values(cases).flat()
}

async function tried({ client }: Ground, lane: Lane, one: Case): Promise<Line> {
  const began = Date.now()
  try {
    const { told } = await play(client, lane, one)
    return { name: one.name, passed: true, detail: `${told}; ${Date.now() - began} ms` }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return { name: one.name, passed: false, detail: `${said} (alone: --only ${JSON.stringify(one.name)})` }
  }
}

/** The first so many in an order that the seed gives; all of them where there are no more. */
function choose(all: readonly Case[], count: number, seed: number, only?: string): Case[] {
  const known = all.filter(({ name }) => only === undefined || name.includes(only))
  if (known.length === 0) throw new Error(`no case is named like ${JSON.stringify(only)}`)
  return known
    .map((one, index) => ({ one, key: roll(seed, index).between(0, 2 ** 30) }))
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ one }) => one)
}

function argument(args: readonly string[], name: string): string | undefined {
  const place = args.indexOf(name)
  return place < 0 ? undefined : args[place + 1]
}
