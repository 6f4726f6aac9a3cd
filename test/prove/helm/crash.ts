import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { claimOn } from '../../../activities/targets/helm/claim.ts'
import { marked } from '../../../activities/targets/helm/host.ts'
import { helm as ourTarget } from '../../../activities/targets/helm/index.ts'
import { CLAIM } from '../../../activities/targets/helm/records.ts'
import type { Plan } from '../../../model/target.ts'
import { applied, contextFor, errorOf, planOf, verified } from '../../support/conformance-drive.ts'
import { killWhileHeld } from '../../support/conformance-kill.ts'
import type { HoldingProxy } from '../../support/conformance-proxy.ts'
import { until } from '../../support/until.ts'
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

/**
 * Who is killed with -9: helm; the worker that started it; or the worker together with the guard that would have ended its
 * helm, which then lives on.
 */
export const VICTIMS = ['helm', 'the worker', 'worker and guard'] as const
export type Victim = (typeof VICTIMS)[number]

/** Kills there, lets a second apply finish, and compares with a twin that helm rollback took back undisturbed. */
export async function killed(
  { ours, theirs }: { ours: HelmLab; theirs: HelmLab },
  name: string,
  { write, moment }: Point,
  { how, major, victim }: { how: readonly string[]; major: number; victim: Victim },
): Promise<string> {
  for (const helm of [ours, theirs]) {
    await helm.deploy(name, shop(name, '1.8.0', '3.9'), how)
    await helm.deploy(name, shop(name, '1.9.0', '3.10'), how)
  }
  await theirs.helm(['rollback', name, '1', '--history-max', '0'])
  let count = 0
  // What Unwind itself writes is none of helm's writes.
  const proxy = await helmProxy(
    ours,
    (method, _path, body) => method !== 'GET' && !body.includes(CLAIM) && ++count === write,
  )
  try {
    const context = contextFor(ours.connection)
    const step = ours.step(name, { to: 1 })
    const plan = await planOf(target, step, context)
    await strike({ ours, name, proxy, step, plan, rollbackId: context.rollbackId }, moment, victim)
    const began = Date.now()
    const state = await applied(target, step, plan, context)
    const took = Date.now() - began
    const verdict = await verified(target, step, state, context)
    assert.equal(verdict.status, 'pass', verdict.evidence.summary)
    const [mine, twin] = [await seen(ours, name), await seen(theirs, name)]
    const told = `, second attempt ${took} ms`
    if (state['revision'] === 3) {
      assert.deepEqual(mine, twin)
      return `as its twin${told}`
    }
    // The first difference of docs/guide/helm.md, and Helm 3 alone: run once more on top, it leaves what it would have deleted.
    assert.equal(major, 3, `revision ${String(state['revision'])}: helm was run on top of a broken rollback`)
    assert.deepEqual(kept(mine, `${name}-1-9-0`), kept(twin, `${name}-1-9-0`))
    return `as its twin but for what Helm 3 leaves (difference 1)${told}`
  } finally {
    await proxy.stop()
  }
}

interface Scene {
  ours: HelmLab
  name: string
  proxy: HoldingProxy
  step: Record<string, unknown>
  plan: Plan
  rollbackId: string
}

async function strike({ ours, name, proxy, step, plan, rollbackId }: Scene, moment: Point['moment'], victim: Victim) {
  const credentials = {
    ...{ kubeconfig: await kubeconfigOf(ours.lab, {}, { server: proxy.url }), helm: ours.binary },
    pin: { server: proxy.url },
  }
  const held = proxy.hold(moment)
  if (victim === 'helm') {
    const through = { ...contextFor(await ourTarget.connect(credentials, 'through')) }
    const failing = errorOf(() => applied(target, step, plan, through))
    await Promise.race([held.reached, failing])
    const [helm, ...others] = childrenOf(process.pid, /^helm3?$/)
    assert.ok(helm !== undefined && others.length === 0, 'there is not one helm to kill')
    process.kill(helm, 'SIGKILL')
    const error = await failing
    assert.equal(error.code, 'TARGET_UNREACHABLE', error.message)
    return
  }
  const module = fileURLToPath(new URL('../../../activities/targets/helm/index.ts', import.meta.url))
  const move = { from: plan.from, to: plan.to }
  await killWhileHeld({ module, exported: 'helm', credentials, step, move, rollbackId }, held, (pid) => {
    if (victim === 'worker and guard') for (const guard of childrenOf(pid, /guard\.mjs/)) process.kill(guard, 'SIGKILL')
  })
  const claim = claimOn(await ours.release(name))
  assert.ok(claim, 'nothing says whose helm was at work')
  const living = async () => marked(claim.mark).length
  if (victim === 'worker and guard') return assert.equal(await living(), 1, 'helm did not outlive its worker')
  await until(
    living,
    (count) => count === 0,
    () => 'helm outlived its worker',
  )
}

/** What runs, without the object of that name and without the number of the revision. */
function kept({ status, objects }: Seen, without: string): unknown {
  return { status, ...objects, objects: objects.objects.filter(({ name }) => name !== without) }
}

/** Processes that another one has started, by the name of their program or by their arguments. */
function childrenOf(pid: number, wanted: RegExp): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return children.filter((child) => {
    const [name, words] = ['comm', 'cmdline'].map((file) => readFileSync(`/proc/${child}/${file}`, 'utf8').trim())
    return wanted.test(name ?? '') || wanted.test(words ?? '')
  })
}
