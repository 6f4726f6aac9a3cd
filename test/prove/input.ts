import { DefaultLogger, Runtime } from '@temporalio/worker'
import fc from 'fast-check'
import { ProblemDocument } from '../../api/schemas/problem.ts'
import { type ErrorCode, errors } from '../../model/errors.ts'
import type { Answer } from '../api/open.ts'
import { until } from '../support/until.ts'
import { CANARY } from './input/awkward.ts'
import { badRequests } from './input/bad.ts'
import { type Ground, openGround } from './input/ground.ts'
import { provocations } from './input/table.ts'
import type { Bad } from './input/words.ts'

export const title = 'Every error of the table, and no bad request that changes anything'

export const describe =
  'Starts a Temporal, or takes the one of --temporal <host:port>. Provokes each error once, then tries --cases N bad requests made from --seed S.'

/** Enough that each kind of bad request comes in many shapes; the test command tries fewer. */
export const cases = 500

export interface ProveOptions {
  /** How many bad requests are tried beside the table. */
  cases: number
  seed: number
  /** `--temporal host:port` takes a Temporal that runs; otherwise one is started. */
  args: string[]
}

export interface Line {
  name: string
  passed: boolean
  detail?: string
}

/** Requests that are under way at the same time; what they may change is compared after each batch. */
const BATCH = 20

/**
 * Every error of the table comes about and is told as the table says; every bad request gets a problem document with the
 * right status, and changes nothing: no workflow more, the parked run and the system exactly as before.
 */
export async function prove({ cases: count, seed, args }: ProveOptions, report: (line: Line) => void): Promise<void> {
  // A refusal is what is asked for here, and the worker would tell of each.
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const ground = await openGround(argument(args, '--temporal'))
  try {
    for (const code of Object.keys(provocations) as ErrorCode[]) report(await provoke(ground, code))
    await tryBadRequests(ground, { cases: count, seed }, report)
  } finally {
    await ground.close()
  }
}

async function provoke(ground: Ground, code: ErrorCode): Promise<Line> {
  const name = `${code} comes about and is told as the table says`
  const provocation = provocations[code]
  try {
    if ('answer' in provocation) return line(name, faultOf(await provocation.answer(ground), [code]))
    const problem = await provocation.record(ground)
    return line(name, problem?.code === code ? undefined : `the record says ${problem?.code ?? 'nothing'}`)
  } catch (error) {
    return line(name, error instanceof Error ? error.message : String(error))
  }
}

async function tryBadRequests(
  ground: Ground,
  { cases: count, seed }: { cases: number; seed: number },
  report: (line: Line) => void,
): Promise<void> {
  const requests = fc.sample(badRequests(ground), { numRuns: count, seed })
  const before = { condition: await ground.condition(), workflows: await settledCount(ground) }
  for (let first = 0; first < requests.length; first += BATCH) {
    const batch = requests.slice(first, first + BATCH)
    const faults = await Promise.all(batch.map((request) => tryOne(ground, request)))
    const moved = (await ground.condition()) !== before.condition
    for (const [index, request] of batch.entries()) {
      const fault = faults[index] ?? (moved ? 'one request of its batch changed the run or the system' : undefined)
      const shown = JSON.stringify(request).slice(0, 400)
      report(line(`${request.name} is refused`, fault && `${fault}; --seed ${seed}, case ${first + index}: ${shown}`))
    }
  }
  const after = await settledCount(ground)
  const more =
    after === before.workflows ? undefined : `there are ${after} workflows, before there were ${before.workflows}`
  report(line(`${count} bad requests started no workflow`, more))
}

async function tryOne({ api }: Ground, { method, url, body, headers, codes }: Bad): Promise<string | undefined> {
  try {
    return faultOf(await api.call(method, url, body, headers), codes)
  } catch (error) {
    return `no answer: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** What is wrong with an answer that should be the problem of one of these codes. */
function faultOf({ status, headers, body }: Answer<ProblemDocument>, codes: readonly ErrorCode[]): string | undefined {
  const parsed = ProblemDocument.strict().safeParse(body)
  if (!parsed.success) return `the answer ${status} is no problem document: ${JSON.stringify(body)?.slice(0, 200)}`
  const { code, detail } = parsed.data
  if (!codes.includes(code)) return `${code}, not ${codes.join(' or ')}: ${detail}`
  if (status !== errors[code].status || parsed.data.status !== status) return `${code} has the status ${status}`
  if (headers['content-type'] !== 'application/problem+json') return `its type is ${String(headers['content-type'])}`
  if (status === 503 && headers['retry-after'] === undefined) return 'it does not say when to try again'
  const text = JSON.stringify(body)
  if (text.includes(CANARY) || /node_modules|\bat [^ ]+ \(|\.ts:\d+/.test(text)) return `it shows its inside: ${text}`
  return undefined
}

/** The count once the visibility store has caught up: the same three times in a row. */
async function settledCount(ground: Ground): Promise<number> {
  const seen: number[] = []
  await until(
    async () => seen.push(await ground.workflows()),
    () => seen.length >= 3 && new Set(seen.slice(-3)).size === 1,
    () => 'the count of workflows does not settle',
  )
  return seen.at(-1) ?? 0
}

function line(name: string, fault: string | undefined): Line {
  return { name, passed: fault === undefined, ...(fault && { detail: fault }) }
}

function argument(args: readonly string[], name: string): string | undefined {
  const place = args.indexOf(name)
  return place < 0 ? undefined : args[place + 1]
}
