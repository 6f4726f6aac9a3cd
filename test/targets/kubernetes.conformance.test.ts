import { afterAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { kubernetesFixture } from './kubernetes-fixture.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

let lab: Lab | undefined
afterAll(() => lab?.close())

describeTarget('kubernetes', async () => {
  lab = await openLab(inject('kubeconfig'))
  return kubernetesFixture(lab)
})
