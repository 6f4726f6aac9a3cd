import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from '@temporalio/worker'
import { kinds } from '../../../activities/schemas.ts'
import { loadConfiguration } from '../../../config/load.ts'
import type { Configuration } from '../../../model/configuration.ts'
import type { Fixture } from '../../support/conformance.ts'
import { others } from '../conformance/others.ts'
import type { Ground } from './ground.ts'
import { begin, settled } from './run.ts'
import { startPart } from './start-part.ts'
import { reached } from './strikes.ts'

/** What needs no approval only with these words. */
const STEPS: Readonly<Record<string, object>> = { 'github-actions': { undo: { inputs: { version: 'v1.9' } } } }

const MOMENTS = {
  request: 'the worker dies before its write reaches the system',
  answer: 'the worker dies after its write, before the answer',
} as const

/** Crashes of steps that need no cluster of ours. */
export interface OtherCrash {
  name: string
  /** Resolves once the run has recovered with one write and its history replays; rejects saying what came of it. */
  run(ground: Ground): Promise<string>
}

/** At each moment of the write of each such target. */
export const otherCrashes: readonly OtherCrash[] = Object.keys(others).flatMap((target) =>
  (['request', 'answer'] as const).map((moment) => ({
    name: `of ${target}: ${MOMENTS[moment]}`,
    run: async (ground) => {
      const opened = await others[target]?.open()
      if (!opened) throw new Error(`there is no target ${target}`)
      try {
        return await crash(ground, target, opened.fixture, moment)
      } finally {
        await opened.close()
      }
    },
  })),
)

async function crash(ground: Ground, target: string, fixture: Fixture, moment: 'request' | 'answer'): Promise<string> {
  const { step } = await fixture.arrange()
  const { proxy, credentials } = await fixture.proxied()
  const kind = String(step['kind'])
  const file = join(ground.folder, `${randomUUID()}.yaml`)
  await writeFile(file, JSON.stringify(written(fixture.target.connectionKind ?? kind, credentials)))
  const { configuration } = await loadConfiguration(file)
  const call = { part: 'worker', cache: true, config: file, bundle: ground.bundleFile } as const
  const worker = await startPart(ground.folder, ground.temporal.address, call)
  try {
    const held = proxy.hold(moment)
    const asked = { ...step, ...STEPS[target], [kinds[kind]?.connection ?? '']: 'held' }
    const run = await started(ground, configuration, asked)
    await reached(held)
    await worker.restart()
    const { outcome, parked, problem, phase } = await settled(run)
    const why = parked?.problem ?? problem
    const told = `${phase} ${outcome ?? ''}${why ? ` ${why.code}: ${why.message}` : ''}; ${proxy.writes()} writes`
    if (outcome !== 'recovered' || proxy.writes() !== 1) throw new Error(told)
    await Worker.runReplayHistory({ workflowBundle: ground.bundle }, await run.fetchHistory(), run.workflowId)
    return told
  } finally {
    await worker.stop()
    await proxy.stop()
  }
}

function started(ground: Ground, configuration: Configuration, step: Record<string, unknown>) {
  return begin({ ...ground, configuration }, { name: `shop-${randomUUID().slice(0, 8)}`, step })
}

function written(connectionKind: string, credentials: unknown): object {
  const { pin, ...secrets } = credentials as { pin: object }
  return {
    ...{ apiVersion: 'unwind/v1', kind: 'Configuration', environments: { test: {} } },
    connections: { held: { kind: connectionKind, environment: 'test', ...pin } },
    temporal: { taskQueue: randomUUID() },
    worker: { credentials: { held: secrets }, heartbeat: '2s' },
  }
}
