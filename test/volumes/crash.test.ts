import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { loadKubeConfig } from '../../activities/kubernetes/connect.ts'
import { applied, contextFor, planOf, verified } from '../support/conformance-drive.ts'
import { killWhileHeld } from '../support/conformance-kill.ts'
import { type HoldingProxy, startProxy } from '../support/conformance-proxy.ts'
import { kubeconfigOf } from '../targets/kubernetes-accounts.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { Database } from './database.ts'
import { VOLUME_TARGETS, volumeStep } from './fixture.ts'

const target = VOLUME_TARGETS['volume-restore']
let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

/** New claim, two volumes kept, to zero, two claims let go of, reserved, claimed, back, reserved, claimed, policy. */
const WRITES = 12

it.each(Array.from({ length: WRITES }, (_, index) => index + 1))(
  'killed at write %i of a restore, another process finishes it, and the write that arrives late changes nothing',
  async (write) => {
    const database = new Database(lab, `crash-${write}`)
    await database.deploy('before')
    await database.snapshot('nightly')
    const claim = `data-${database.name}-0`
    await database.write(claim, 'after')
    const old = await database.volumeOf(claim)
    const context = contextFor(lab.connection)
    const step = volumeStep('volume-restore', lab, database.name)
    const plan = await planOf(target, step, context)
    const proxy = await openProxy()
    try {
      for (let earlier = 1; earlier < write; earlier++) {
        const passing = proxy.hold('request')
        void passing.reached.then(() => passing.release())
      }
      const held = proxy.hold(write % 2 === 0 ? 'answer' : 'request')
      const kubeconfig = await kubeconfigOf(lab, {}, { server: proxy.url })
      const module = fileURLToPath(new URL('../../activities/targets/volume-restore/index.ts', import.meta.url))
      const call = { module, exported: 'volumeRestore', credentials: { kubeconfig, pin: { server: proxy.url } }, step }
      await killWhileHeld({ ...call, move: { from: plan.from, to: plan.to }, rollbackId: context.rollbackId }, held)
      const state = await applied(target, step, plan, context)
      const before = await seen(database)
      await held.release()
      expect(await seen(database)).toEqual(before)
      expect((await verified(target, step, state, context)).status).toBe('pass')
      expect(await database.holds(claim)).toBe('before')
      const kept = (await database.claims()).filter(({ metadata }) => metadata.name.startsWith(`${claim}-rb-`))
      expect(kept.map(({ spec }) => spec.volumeName)).toEqual([old.metadata.name])
      await applied(target, step, { from: state, to: plan.from }, context)
      expect(await database.holds(claim)).toBe('after')
      expect((await database.volumeOf(claim)).metadata.uid).toBe(old.metadata.uid)
    } finally {
      await proxy.stop()
    }
  },
)

async function openProxy(): Promise<HoldingProxy> {
  const config = loadKubeConfig({ kubeconfig: lab.kubeconfig }, 'lab')
  const options = {}
  await config.applyToHTTPSOptions(options)
  const url = new URL(config.getCurrentCluster()?.server ?? '')
  return startProxy({ url, options, isWrite: (method) => method !== 'GET' })
}

/** What there is, by identity. */
async function seen(database: Database): Promise<unknown> {
  const claims = await database.claims()
  const { spec, metadata } = await database.set()
  return {
    replicas: spec.replicas,
    annotations: metadata.annotations,
    claims: claims.map((one) => [one.metadata.name, one.metadata.uid, one.spec.volumeName]),
  }
}
