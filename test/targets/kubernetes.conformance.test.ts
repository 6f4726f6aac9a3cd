import { afterAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { kubernetesFixture } from './kubernetes-fixture.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

const labs: Lab[] = []
afterAll(async () => {
  for (const lab of labs) await lab.close()
})

for (const kind of ['deployment', 'statefulset', 'daemonset'] as const)
  describeTarget(`kubernetes, of a ${kind},`, async () => {
    const lab = await openLab(inject('kubeconfig'))
    labs.push(lab)
    return kubernetesFixture(lab.of(kind))
  })
