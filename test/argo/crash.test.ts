import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { applied, contextFor, planOf, verified } from '../support/conformance-drive.ts'
import { killWhileHeld } from '../support/conformance-kill.ts'
import { startProxy } from '../support/conformance-proxy.ts'
import { AUTOMATED } from './fixture.ts'
import { type ArgoLab, openArgo, target } from './lab.ts'

let lab: ArgoLab
beforeAll(async () => {
  lab = await openArgo({ kubeconfig: inject('kubeconfig'), ...inject('argo') })
})
afterAll(() => lab.close())

type IsWrite = (method: string, path: string, body: string) => boolean

const OFF = /\\"add\\".*\\"enabled\\":false/

/** Everything that a rollback under a sync window writes, in its order. */
const WRITES: [name: string, isWrite: IsWrite][] = [
  ['the sync window', (method, path) => method === 'PUT' && path.includes('/projects/')],
  ['auto-sync off', (method, _path, body) => method === 'PATCH' && OFF.test(body)],
  ['the rollback', (method, path) => method === 'POST' && path.endsWith('/rollback')],
  ['the sync policy as it was', (method, _path, body) => method === 'PATCH' && !OFF.test(body)],
]
const MODULE = fileURLToPath(new URL('../../activities/targets/argo-cd/index.ts', import.meta.url))

it.each(
  WRITES.flatMap(([name, isWrite]) => (['request', 'answer'] as const).map((moment) => ({ name, moment, isWrite }))),
)(
  'killed with -9 at $name ($moment), another process finishes, and it is written once',
  async ({ moment, isWrite }) => {
    const shop = await lab.shop(AUTOMATED)
    const step = shop.step({ hold: 'window' })
    const context = contextFor(await lab.connect())
    const { from, to } = await planOf(target, step, context)
    const authorization = `Bearer ${process.env['UNWIND_TEST_ARGO_ROBOT']}`
    const headers = { authorization, 'content-type': 'application/json' }
    const proxy = await startProxy({ url: new URL(inject('argo').url), options: { headers }, isWrite })
    try {
      const credentials = lab.credentials('robot', proxy.url)
      const call = {
        module: MODULE,
        exported: 'argoCd',
        credentials,
        step,
        move: { from, to },
        rollbackId: context.rollbackId,
      }
      await killWhileHeld(call, proxy.hold(moment))
      assert.equal(proxy.writes(), moment === 'answer' ? 1 : 0)
      const connection = await target.connect(credentials, 'second')
      const state = await applied(target, step, { from, to }, { ...context, connection })
      expect(proxy.writes()).toBe(1)
      expect((await shop.read()).spec.syncPolicy?.automated).toEqual(AUTOMATED.automated)
      expect([(await shop.windows()).length, await shop.image()]).toEqual([1, 'registry.k8s.io/pause:3.9'])
      expect((await shop.read()).status.history).toHaveLength(3)
      expect((await verified(target, step, state, context)).status).toBe('pass')
    } finally {
      await proxy.stop()
    }
  },
)
