import assert from 'node:assert/strict'
import { helm as ourTarget } from '../../../activities/targets/helm/index.ts'
import { run } from '../../../tools/run.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../../support/conformance-drive.ts'
import { helmProxy, shop, target } from '../../targets/helm-fixture.ts'
import type { HelmLab } from '../../targets/helm-lab.ts'
import { kubeconfigOf } from '../../targets/kubernetes-accounts.ts'
import { type Seen, seen } from './history.ts'

/** A moment of a rollback: which of helm's writes, and whether the API server has done it. */
interface Point {
  write: number
  moment: 'request' | 'answer'
}

/**
 * Ten points. The writes of this rollback are: the new record, a ConfigMap changed, one made, the Deployment, a ConfigMap
 * deleted, the records of before and after.
 */
export const POINTS: readonly Point[] = [1, 2, 3, 4, 5].flatMap((write): Point[] => [
  { write, moment: 'request' },
  { write, moment: 'answer' },
])

/** Kills helm there, lets a second apply finish, and compares with a twin that helm rollback took back undisturbed. */
export async function killed(
  { ours, theirs }: { ours: HelmLab; theirs: HelmLab },
  name: string,
  { write, moment }: Point,
  { how, major }: { how: readonly string[]; major: number },
): Promise<string> {
  for (const helm of [ours, theirs]) {
    await helm.deploy(name, shop(name, '1.8.0', '3.9'), how)
    await helm.deploy(name, shop(name, '1.9.0', '3.10'), how)
  }
  await theirs.helm(['rollback', name, '1', '--history-max', '0'])
  let count = 0
  const proxy = await helmProxy(ours, (method) => method !== 'GET' && ++count === write)
  try {
    const kubeconfig = await kubeconfigOf(ours.lab, {}, { server: proxy.url })
    const pin = { server: proxy.url }
    const through = await ourTarget.connect({ kubeconfig, helm: ours.binary, pin }, 'through')
    const context = contextFor(ours.connection)
    const step = ours.step(name, { to: 1 })
    const plan = await planOf(target, step, context)
    const held = proxy.hold(moment)
    const failing = errorOf(() => applied(target, step, plan, { ...context, connection: through }))
    await Promise.race([held.reached, failing])
    await killHelms()
    const error = await failing
    assert.equal(error.code, 'TARGET_UNREACHABLE', error.message)
    const state = await applied(target, step, plan, context)
    const verdict = await verified(target, step, state, context)
    assert.equal(verdict.status, 'pass', verdict.evidence.summary)
    const [mine, twin] = [await seen(ours, name), await seen(theirs, name)]
    if (state['revision'] === 3) {
      assert.deepEqual(mine, twin)
      return 'as its twin'
    }
    // The first difference of docs/guide/helm.md, and Helm 3 alone: run once more on top, it leaves what it would have deleted.
    assert.equal(major, 3, `revision ${String(state['revision'])}: helm was run on top of a broken rollback`)
    assert.deepEqual(kept(mine, `${name}-1-9-0`), kept(twin, `${name}-1-9-0`))
    return `as its twin but for what Helm 3 leaves (difference 1)`
  } finally {
    await proxy.stop()
  }
}

/** What runs, without the object of that name and without the number of the revision. */
function kept({ status, objects }: Seen, without: string): unknown {
  return { status, ...objects, objects: objects.objects.filter(({ name }) => name !== without) }
}

/** Those that this process has started. */
async function killHelms(): Promise<void> {
  const { stdout } = await run('ps', ['-o', 'pid=,comm=', '--ppid', String(process.pid)])
  const pids = [...stdout.matchAll(/^\s*(\d+) helm3?$/gm)].map(([, pid]) => Number(pid))
  assert.equal(pids.length, 1, `there are ${pids.length} processes of helm to kill`)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
}
