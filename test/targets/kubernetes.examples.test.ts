import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { parse } from 'yaml'
import { kinds, Step } from '../../activities/schemas.ts'
import { compile } from '../../model/compile.ts'
import { Configuration } from '../../model/configuration.ts'
import { rollbackRequest } from '../../model/request.ts'
import { until } from '../support/until.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

async function example(name: string): Promise<unknown> {
  return parse(await readFile(new URL(`../../examples/kubernetes/${name}`, import.meta.url), 'utf8'))
}

it('the example does on a cluster what it says: v1.9 does not start, the request brings v1.8 back', async () => {
  const configuration = Configuration.parse(await example('unwind.yaml'))
  const request = rollbackRequest(Step).parse(await example('rollback.json'))
  const run = compile(request, configuration, kinds, { subject: 'ann', groups: [] })
  expect(run.steps).toMatchObject([{ connection: 'production', step: { namespace: 'shop', to: 'previous' } }])
  for (const file of ['checkout-v1.8.yaml', 'checkout-v1.9.yaml']) {
    await lab.apply((await example(file)) as object)
    await until(
      () => lab.replicaSets('checkout'),
      (sets) => sets.length === (file.includes('1.8') ? 1 : 2),
      () => 'no ReplicaSet',
    )
  }
  const { workload: _, namespace: __, kind: ___, ...fields } = run.steps[0]?.step ?? {}
  const back = verbs(lab, 'checkout', { ...fields, soak: '0s' })
  const plan = await back.plan()
  expect(plan.summary).toMatch(/there-is-no-such-tag\) → revision 1 \(registry\.k8s\.io\/pause:3\.9\)$/)
  expect((await back.verify(await back.apply(plan))).status).toBe('pass')
})
