import type { WorkflowHandle } from '@temporalio/client'
import { setTimeout as pause } from 'node:timers/promises'
import type { RunningProcess } from '../../../tools/process.ts'
import type { Held } from '../../support/conformance-proxy.ts'
import { until } from '../../support/until.ts'
import type { Ground } from './ground.ts'
import { verb } from './run.ts'

/** What a crash is made with. */
export interface Scene {
  ground: Ground
  worker: RunningProcess
  run: WorkflowHandle
  /** Only where the rollback was posted. */
  api?: RunningProcess
}

/** One crash. `arm` is called before the run begins, `strike` once it has begun; the worker runs again afterwards. */
export interface Crash {
  name: string
  soak?: string
  /** The rollback is posted to an API process, which the crash may kill, rather than started in Temporal. */
  posted?: true
  arm?(ground: Ground): Held
  strike(scene: Scene, held: Held | undefined): Promise<void>
}

const OUTAGE = 20_000

/** Every moment at which something dies. */
export const crashes: readonly Crash[] = [
  killedAt('the worker dies before the change reaches the cluster', 'change', 'request'),
  killedAt('the worker dies after the change, before its answer', 'change', 'answer'),
  {
    ...killedAt('the worker dies while the change is on its way, and it arrives late', 'change', 'request'),
    strike: async ({ worker, run }, held) => {
      await reached(held)
      await worker.kill()
      await worker.restart()
      await verb(run, 'apply', 'completed')
      await held?.release()
    },
  },
  killedAt('the worker dies before the dry run', 'dry-run', 'request'),
  killedAt('the worker dies after the dry run, before its answer', 'dry-run', 'answer'),
  killedAfter('the worker dies while it plans', 'plan', 'scheduled'),
  killedAfter('the worker dies after the plan', 'plan', 'completed'),
  killedAfter('the worker dies after the change is recorded', 'apply', 'completed'),
  killedAfter('the worker dies while it verifies', 'verify', 'scheduled'),
  {
    name: 'Temporal dies while the change is on its way, and starts again on its file',
    arm: ({ proxy }) => proxy.hold('request'),
    strike: async ({ ground }, held) => {
      await reached(held)
      await ground.temporal.kill()
      await held?.release()
      await ground.temporal.restart()
    },
  },
  {
    name: 'Temporal dies while the worker verifies, and starts again on its file',
    soak: '3s',
    strike: async ({ ground, run }) => {
      await verb(run, 'verify', 'scheduled')
      await ground.temporal.restart()
    },
  },
  {
    name: 'worker and Temporal die together after the change',
    arm: ({ proxy }) => proxy.hold('answer'),
    strike: async ({ ground, worker }, held) => {
      await reached(held)
      await Promise.all([worker.kill(), ground.temporal.kill()])
      await ground.temporal.restart()
      await worker.restart()
    },
  },
  {
    name: 'the API dies while the change is on its way',
    posted: true,
    arm: ({ proxy }) => proxy.hold('request'),
    strike: async ({ api }, held) => {
      await reached(held)
      await api?.kill()
      await held?.release()
    },
  },
  {
    name: 'API and worker die together after the change',
    posted: true,
    arm: ({ proxy }) => proxy.hold('answer'),
    strike: async ({ api, worker }, held) => {
      await reached(held)
      await Promise.all([api?.kill(), worker.kill()])
      await worker.restart()
    },
  },
  {
    name: 'the control plane cannot be reached for 20 s, from before the change',
    arm: ({ proxy }) => proxy.hold('request'),
    strike: async ({ ground }, held) => {
      await reached(held)
      await outage(ground)
    },
  },
  {
    name: 'the control plane cannot be reached for 20 s while the worker verifies',
    soak: '3s',
    strike: async ({ ground, run }) => {
      await verb(run, 'verify', 'scheduled')
      await outage(ground)
    },
  },
]

function killedAt(name: string, write: 'dry-run' | 'change', moment: 'request' | 'answer'): Crash {
  return {
    name,
    arm: ({ proxy, watch }) => {
      watch(write)
      return proxy.hold(moment)
    },
    strike: async ({ worker }, held) => {
      await reached(held)
      await worker.restart()
    },
  }
}

function killedAfter(name: string, step: string, point: 'scheduled' | 'completed'): Crash {
  return {
    name,
    // Long enough that the run is still under way when the worker dies.
    soak: '3s',
    strike: async ({ worker, run }) => {
      await verb(run, step, point)
      await worker.kill()
      const { status } = await run.describe()
      if (status.name !== 'RUNNING') throw new Error(`the run was ${status.name} before the worker died`)
      await worker.restart()
    },
  }
}

async function outage({ proxy }: Ground): Promise<void> {
  proxy.cut(true)
  await pause(OUTAGE)
  proxy.cut(false)
}

async function reached(held: Held | undefined): Promise<void> {
  let there = false
  void held?.reached.then(() => {
    there = true
  })
  await until(
    async () => there,
    Boolean,
    () => 'the worker never came to the request that was to be held',
    60_000,
  )
}
