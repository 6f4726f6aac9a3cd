import type { WorkflowHandle } from '@temporalio/client'
import { setTimeout as pause } from 'node:timers/promises'
import type { RunningProcess } from '../../../tools/process.ts'
import type { Held } from '../../support/conformance-proxy.ts'
import { until } from '../../support/until.ts'
import type { Kind } from '../../targets/kubernetes-manifests.ts'
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
  /** Added to the step. */
  step?: object
  /** How the run ends by itself; recovered unless given. */
  ends?: 'compensated'
  /** The Deployment is paused to begin with, so that its taking back ends with pausing it again. */
  paused?: true
  /** Of what the run takes back a release; of a Deployment unless given. */
  kind?: Kind | 'rollout'
  /** A pod of the release that is left never becomes ready, so the way back has to delete it. */
  heldUp?: true
  /** It stops the API server or needs the controller of Argo Rollouts, so the control plane must be the ground's own. */
  own?: true
  /** The rollback is posted to an API process, which the crash may kill, rather than started in Temporal. */
  posted?: true
  arm?(ground: Ground): Held
  strike(scene: Scene, held: Held | undefined): Promise<void>
}

/** How long something is away, in milliseconds. */
const OUTAGE = 20_000

/** The worker dies while a write of its is held: before the cluster sees it, or before its answer comes back. */
export function killedAt(name: string, write: 'dry-run' | 'change', moment: 'request' | 'answer', nth = 1): Crash {
  return {
    name,
    arm: ({ proxy, watch }) => {
      watch(write, nth)
      return proxy.hold(moment)
    },
    strike: async ({ worker }, held) => {
      await reached(held)
      await worker.restart()
    },
  }
}

/** The dead worker's nth write comes after that of its successor, whose nth apply has ended unless another is given. */
export function late(name: string, nth: number, applied = nth): Crash {
  return {
    ...killedAt(name, 'change', 'request', nth),
    strike: async ({ worker, run }, held) => {
      await reached(held)
      await worker.restart()
      await verb(run, 'apply', 'completed', applied)
      await held?.release()
    },
  }
}

/** The worker dies right after a verb was scheduled, or was completed. */
export function killedAfter(name: string, step: string, point: 'scheduled' | 'completed'): Crash {
  return {
    name,
    // Long enough that the run is still under way when the worker dies.
    step: { soak: '3s' },
    strike: async ({ worker, run }) => {
      await verb(run, step, point)
      await worker.kill()
      const { status } = await run.describe()
      if (status.name !== 'RUNNING') throw new Error(`the run was ${status.name} before the worker died`)
      await worker.restart()
    },
  }
}

/** Nothing comes through to the API server, and every request breaks off at once. */
export async function outage({ proxy }: Ground): Promise<void> {
  proxy.cut(true)
  await pause(OUTAGE)
  proxy.cut(false)
}

/** Nothing answers and no connection breaks; what is sent meanwhile waits at the door and is done afterwards. */
export async function standstill({ freeze }: Ground, during: () => void = () => {}): Promise<void> {
  if (!freeze) throw new Error('this needs a control plane of its own')
  freeze(true)
  during()
  await pause(OUTAGE)
  freeze(false)
}

/** Resolves once the write that is to be held is there. */
export async function reached(held: Held | undefined): Promise<void> {
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
