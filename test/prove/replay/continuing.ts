import { isDeepStrictEqual } from 'node:util'
import { report } from '../../../model/report/index.ts'
import type { RunState } from '../../../model/run.ts'
import { Engine } from '../../support/engine.ts'
import { MemorySystem } from '../../support/memory-target.ts'
import type { Attempt } from '../replay.ts'
import { ATTEMPTS, type Case } from '../runbooks/case.ts'
import { compare } from '../runbooks/compare.ts'
import { type Faults, faulty } from '../runbooks/faults.ts'
import { generate } from '../runbooks/generate.ts'
import { play, type Played } from '../runbooks/play.ts'
import { predict } from '../runbooks/reference.ts'

/** History events after which the run goes on as a new execution. */
const EVENTS = 150
/** So many steps fill more than one execution. */
const STEPS = { least: 14, most: 24 }

/** So many of them have to be done at the end, so that there is something to go on with. */
const DONE = 12

/**
 * Long random runbooks with random faults, each played twice: in one execution, and going on as a new one every 150
 * events. Both must end alike, ask alike and give the same report, but for what names a run and says when.
 */
export function continuing(seed: number, count: number): Attempt[] {
  return long(seed, count).map((given) => ({
    name: `continued: long runbook ${given.index} of seed ${seed}`,
    run: async (temporalAddress) => {
      const whole = await playOnce(temporalAddress, given)
      const parts = await playOnce(temporalAddress, { ...given, events: EVENTS })
      const difference = compare(whole.seen, parts.seen) ?? differing(whole.state, parts.state)
      if (difference !== undefined) throw new Error(difference)
      if (whole.executions > 1) throw new Error('it went on as a new execution without being asked to')
      if (parts.executions < 2) throw new Error(`it never went on as a new execution; one has ${whole.events} events`)
      return `${whole.events} events in one execution, the same in ${parts.executions}`
    },
  }))
}

/** The first runbooks of this seed that get far. */
function long(seed: number, count: number): Case[] {
  const found: Case[] = []
  for (let index = 0; found.length < count; index++) {
    const { events: _events, ...given } = generate(seed, index, STEPS)
    const { outcome, steps } = predict(given)
    const done = steps.filter((step) => step.endsWith(' done')).length
    if (outcome === 'recovered' && done >= DONE) found.push(given)
  }
  return found
}

async function playOnce(
  temporalAddress: string,
  given: Case,
): Promise<Played & { executions: number; events: number }> {
  const [system, faults]: [MemorySystem, Faults] = [new MemorySystem(), new Map()]
  const engine = await Engine.start({
    ...{ temporalAddress, system, limits: { attempts: ATTEMPTS } },
    wrap: (target) => faulty(target, system, faults),
  })
  try {
    const played = await play(engine, given, faults)
    return { ...played, ...(await lengths(engine, played.state.id)) }
  } finally {
    await engine.stop()
  }
}

async function lengths({ client }: Engine, workflowId: string): Promise<{ executions: number; events: number }> {
  const found = { executions: 0, events: 0 }
  let runId: string | undefined
  do {
    const { events = [] } = await client.workflow.getHandle(workflowId, runId).fetchHistory()
    found.executions += 1
    found.events += events?.length ?? 0
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined
  } while (runId)
  return found
}

/** The first part in which the reports differ, as both have it. */
function differing(whole: RunState, parts: RunState): string | undefined {
  const [a, b] = [normalised(whole), normalised(parts)]
  const part = Object.keys({ ...a, ...b }).find((key) => !isDeepStrictEqual(a[key], b[key]))
  return part === undefined
    ? undefined
    : `report.${part}: ${JSON.stringify(a[part])} is ${JSON.stringify(b[part])} then`
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const INSTANT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
const DIGEST = /^[0-9a-f]{64}$/
/** How long something took. */
const SPANS = ['after', 'durationMs', 'planned', 'mitigated', 'total', 'decide', 'mitigate', 'recover']

/**
 * The report without names and times. What steps of one group do at the same time is in no order; and what channels answer
 * is left out, because it may come before or after the end of the run, where it then stands with what is owed.
 */
function normalised(state: RunState): Record<string, unknown> {
  const bare = JSON.parse(JSON.stringify(report(state)), (key, value: unknown) => {
    if (key === 'seq') return undefined
    if (SPANS.includes(key) && typeof value === 'number') return 0
    if (typeof value !== 'string') return value
    return value.replaceAll(UUID, '<id>').replaceAll(INSTANT, '<time>').replace(DIGEST, '<digest>')
  }) as Record<string, unknown> & { timeline: { type: string }[] }
  const { timeline, messages: _messages, ...others } = bare
  const events = timeline.filter(({ type }) => type !== 'told').map((event) => JSON.stringify(event))
  return { ...others, timeline: events.toSorted() }
}
