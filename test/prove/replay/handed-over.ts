import { Worker } from '@temporalio/worker'
import type { CompiledRunbook } from '../../../model/runbook/compiled.ts'
import type { RunState } from '../../../model/run.ts'
import type { Target } from '../../../model/target.ts'
import { keptBundle, keptVersions } from '../../replay/bundle.ts'
import { workflowBundle } from '../../support/bundle.ts'
import { BOB, Engine, type RunHandle } from '../../support/engine.ts'
import { type Fault, forbidden, ok } from '../../support/faults.ts'
import { type Part, runbookInput } from '../../support/runbook.ts'
import type { Attempt } from '../replay.ts'

/** A way in which a run waits: what leads there, how it is seen, and what it is told then. */
interface Rest {
  parts: Part[]
  runbook?: Partial<CompiledRunbook>
  /** Whether the first change is refused once, so that the run parks. */
  refused?: true
  waits(state: RunState): boolean
  before?(run: RunHandle): Promise<void>
  goesOn(run: RunHandle, state: RunState): Promise<void>
}

const PATIENCE = 60_000
const RULE = { min: 1, groups: ['sre'], self: false, expires: 600_000 }
const CHANGES: Part[] = [{ object: 'a' }, { object: 'b', group: 1 }, { object: 'c', group: 1 }]
const asking = (id: string) => (state: RunState) => state.steps.some((step) => step.id === id && step.asking)

const RESTS: Readonly<Record<string, Rest>> = {
  'parked after a failure': {
    ...{ parts: CHANGES, refused: true, waits: ({ parked }) => parked !== undefined },
    goesOn: (run, { parked }) => decide(run, parked, 'retry'),
  },
  'waiting for the approval of its plan': {
    ...{ parts: CHANGES, runbook: { approvals: [RULE] }, waits: ({ phase }) => phase === 'awaiting-approval' },
    goesOn: (run, { planDigest = '' }) => run.send('approve', { planDigest }, BOB),
  },
  'asking a question of its decision tree': {
    parts: CHANGES,
    runbook: { questions: [{ id: 'ready', question: 'Ready?', onYes: { run: 'only' }, onNo: { stop: 'Wait.' } }] },
    waits: ({ decision }) => decision?.asking !== undefined,
    goesOn: (run) => run.send('answer', { questionId: 'ready', attempt: 1, answer: 'yes' }, BOB),
  },
  'in a manual step': {
    ...{ parts: [...CHANGES, { role: 'manual' }, { object: 'd' }], waits: asking('s4') },
    goesOn: (run, { steps }) =>
      run.send('answer', { questionId: 's4', attempt: steps[3]?.attempt ?? 0, answer: 'yes' }, BOB),
  },
  'in an approval between its steps': {
    ...{ parts: [...CHANGES, { role: 'approve', asked: { text: 'Go on?', rule: RULE } }, { object: 'd' }] },
    waits: asking('s4'),
    goesOn: (run, { planDigest = '' }) => run.send('approve', { planDigest, stepId: 's4' }, BOB),
  },
  'letting time pass': {
    parts: [...CHANGES, { role: 'wait', asked: { text: 'Drain', wait: 4_000 } }, { object: 'd' }],
    waits: ({ steps }) => steps[3]?.until !== undefined,
    goesOn: async () => {},
  },
  'paused by a person': {
    ...{ parts: [{ role: 'manual' }, ...CHANGES], waits: asking('s1') },
    before: (run) => run.send('pause', {}, BOB),
    goesOn: async (run, { steps }) => {
      await run.send('answer', { questionId: 's1', attempt: steps[0]?.attempt ?? 0, answer: 'yes' }, BOB)
      await run.send('resume', {}, BOB)
    },
  },
  'waiting for its checklist': {
    parts: CHANGES,
    runbook: { checklist: [{ id: 'business', phase: 'after', text: 'Confirm', required: true }] },
    waits: ({ phase }) => phase === 'closing',
    goesOn: (run) => run.send('tick', { item: 'business' }, BOB),
  },
}

/**
 * A worker with the code of a kept version takes each run to where it waits and stops; one with the code of this tree
 * finishes it. What was changed must have been changed once, and the whole history must replay on the newer code.
 */
export async function handedOver(): Promise<Attempt[]> {
  const versions = await keptVersions()
  return versions.flatMap((version) =>
    Object.entries(RESTS).flatMap(([name, rest]) =>
      ['on', 'off'].map((cache) => ({
        name: `handed over from ${version}: ${name} (workflow cache ${cache})`,
        run: (temporalAddress: string) => handOver(temporalAddress, version, rest, cache === 'on'),
      })),
    ),
  )
}

async function handOver(temporalAddress: string, version: string, rest: Rest, cache: boolean): Promise<string> {
  const engine = await Engine.start({
    ...{ temporalAddress, bundle: await keptBundle(version), worker: cache ? {} : { maxCachedWorkflows: 0 } },
    wrap: refusing(rest.refused ? [forbidden] : []),
  })
  try {
    const objects = ['a', 'b', 'c', 'd'].map((name) => engine.system.put(name, 'v1', 'v2'))
    const run = await engine.begin(runbookInput(engine, rest.parts, rest.runbook))
    await run.sees((state) => rest.waits(state), PATIENCE)
    await rest.before?.(run)
    await engine.stopWorker()
    const before = (await run.handle.describe()).historyLength
    await engine.startWorker()
    // What waits for a time only may be over by now.
    await rest.goesOn(run, await run.sees((state) => rest.waits(state) || state.phase === 'ended', PATIENCE))
    const { outcome } = await run.sees(({ phase }) => phase === 'ended', PATIENCE)
    const writes = objects.map((object) => object.writes.join()).join(' ')
    const wanted = rest.parts.some(({ object }) => object === 'd') ? 'v1 v1 v1 v1' : 'v1 v1 v1 '
    if (outcome !== 'recovered') throw new Error(`it ended as ${outcome}`)
    if (writes !== wanted) throw new Error(`written was ${writes}, not ${wanted}`)
    const history = await run.handle.fetchHistory()
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, run.handle.workflowId)
    return `${before} of ${history.events?.length} events are the older worker's`
  } finally {
    await engine.stop()
  }
}

/** The faults are met once, whichever worker meets them. */
function refusing(faults: Fault[]): (target: Target) => Target {
  return (target) => ({
    ...target,
    apply: (step, move, context) => (faults.shift() ?? ok)(async () => target.apply(step, move, context)),
  })
}

async function decide(run: RunHandle, parked: RunState['parked'], choice: 'retry'): Promise<void> {
  await run.send('decide', { stepId: parked?.stepId ?? '', attempt: parked?.attempt ?? 0, choice })
}
