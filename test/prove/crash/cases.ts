import { type Crash, killedAfter, killedAt, late, outage, reached, standstill } from './strikes.ts'
import { verb } from './run.ts'
import type { Kind } from '../../targets/kubernetes-manifests.ts'

/** Every moment at which something dies. */
export const crashes: readonly Crash[] = [
  killedAt('the worker dies before the change reaches the cluster', 'change', 'request'),
  killedAt('the worker dies after the change, before its answer', 'change', 'answer'),
  late('the worker dies while the change is on its way, and it arrives late', 1),
  ...takingBack(),
  ...ofKind('statefulset'),
  ...ofKind('daemonset'),
  ...heldUp(),
  ...ofKind('rollout'),
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
    step: { soak: '3s' },
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
    step: { soak: '3s' },
    strike: async ({ ground, run }) => {
      await verb(run, 'verify', 'scheduled')
      await outage(ground)
    },
  },
  {
    name: 'the API server stands still for 20 s, connections open, the change on its way',
    own: true,
    arm: ({ proxy }) => proxy.hold('request'),
    strike: async ({ ground }, held) => {
      await reached(held)
      await standstill(ground, () => void held?.release())
    },
  },
  {
    name: 'the API server stands still for 20 s, connections open, while the worker verifies',
    own: true,
    step: { soak: '3s', cluster: 'direct' },
    strike: async ({ ground, run }) => {
      await verb(run, 'verify', 'scheduled')
      await standstill(ground)
    },
  },
]

/** A step that never holds is taken back by itself: that is a change of the cluster as well. */
function takingBack(): Crash[] {
  const step = { onFailure: 'compensate', soak: '1h', timeout: '1s' }
  return [
    killedAt('the worker dies before the taking back reaches the cluster', 'change', 'request', 2),
    killedAt('the worker dies after the taking back, before its answer', 'change', 'answer', 2),
    late('the worker dies while the taking back is on its way, and it arrives late', 2),
    pausing('the worker dies between the taking back and the pausing again', 'request'),
    pausing('the worker dies after the pausing again, before its answer', 'answer'),
  ].map((crash) => ({ ...crash, step: { ...step, ...crash.step }, ends: 'compensated' }))
}

/** What was paused is taken back in two writes, the third and last of the run. */
function pausing(name: string, moment: 'request' | 'answer'): Crash {
  return { ...killedAt(name, 'change', moment, 3), paused: true, step: { resume: true } }
}

/** The write is the same for every kind, and so are the moments at which it may be cut off. */
function ofKind(kind: Kind | 'rollout'): Crash[] {
  return [
    killedAt(`of a ${kind}: the worker dies before the change reaches the cluster`, 'change', 'request'),
    killedAt(`of a ${kind}: the worker dies after the change, before its answer`, 'change', 'answer'),
    late(`of a ${kind}: the worker dies while the change is on its way, and it arrives late`, 1),
    killedAfter(`of a ${kind}: the worker dies while it verifies`, 'verify', 'scheduled'),
  ].map((crash) => ({ ...crash, kind, ...(kind === 'rollout' && { own: true }) }))
}

/** After the template a pod is deleted: the second write of the run. */
function heldUp(): Crash[] {
  const held = 'of a statefulset that a pod holds up'
  return [
    killedAt(`${held}: the worker dies between the change and the deletion of the pod`, 'change', 'request', 2),
    killedAt(`${held}: the worker dies after the deletion, before its answer`, 'change', 'answer', 2),
    late(`${held}: the worker dies while the deletion is on its way, and it arrives late`, 2, 1),
  ].map((crash) => ({ ...crash, kind: 'statefulset', heldUp: true }))
}
