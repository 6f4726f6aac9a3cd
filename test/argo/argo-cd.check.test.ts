import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { argoCdCheck } from '../../activities/checks/argo-cd/index.ts'
import { ArgoCdMeasurement } from '../../activities/checks/argo-cd/schema.ts'
import { Connection } from '../../model/configuration.ts'
import { target as gitRevert } from '../git/fixture.ts'
import { applied, contextFor, planOf, verified } from '../support/conformance-drive.ts'
import { until } from '../support/until.ts'
import { AUTOMATED } from './fixture.ts'
import { type ArgoLab, openArgo, type Shop } from './lab.ts'

let lab: ArgoLab
beforeAll(async () => {
  lab = await openArgo({ kubeconfig: inject('kubeconfig'), ...inject('argo') })
})
afterAll(() => lab.close())

/** The path goes back in Git by a step of its own; answers the look at its branch. */
async function takenBack({ place }: Shop) {
  const [step, context] = [place.step({ path: 'apps' }), contextFor(place.connection)]
  const state = await applied(gitRevert, step, await planOf(gitRevert, step, context), context)
  return () => verified(gitRevert, step, state, context)
}

/** One look, as a worker takes it. */
function lookAt({ name }: Shop, verify: Awaited<ReturnType<typeof takenBack>>) {
  const { pin, ...credentials } = lab.credentials() as { pin: { origin: string } }
  const entry = Connection.parse({ kind: 'argo-cd', environment: 'test', ...pin })
  const spec = ArgoCdMeasurement.parse({ 'argo-cd': `application/${name}`, of: 'manifests' })
  return argoCdCheck.measure(spec, {
    ...{ service: 's', environment: 'test', signal: AbortSignal.timeout(30_000), verify },
    connection: { name: 'argo-cd', entry, credentials },
  })
}

it('passes once Argo CD runs the commit of the step, or a later one that has it', async () => {
  const shop = await lab.shop(AUTOMATED)
  const verify = await takenBack(shop)
  const passes = () =>
    until(
      () => lookAt(shop, verify),
      ({ status }) => status === 'pass',
      (verdict) => verdict?.evidence.summary ?? 'no look yet',
    )
  const own = shop.place.git('rev-parse', 'main')
  expect((await passes()).evidence.summary).toBe(`application/${shop.name} runs ${own.slice(0, 8)} and is Healthy`)
  expect(await shop.image()).toBe('registry.k8s.io/pause:3.9')
  const later = shop.place.commit({ 'other/file.txt': 'beside it\n' })
  expect((await passes()).evidence.summary).toContain(later.slice(0, 8))
})

it('fails while nothing has been applied, and where the branch no longer holds the change', async () => {
  const shop = await lab.shop()
  const verify = await takenBack(shop)
  expect(await lookAt(shop, verify)).toMatchObject({
    status: 'fail',
    evidence: { summary: expect.stringContaining('(OutOfSync)') },
  })
  shop.commit('3.10')
  expect(await lookAt(shop, verify)).toMatchObject({
    status: 'fail',
    evidence: { summary: expect.stringContaining('does not hold') },
  })
})
