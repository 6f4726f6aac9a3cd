import { afterAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { rolloutsFixture } from './fixture.ts'

let lab: Lab | undefined
afterAll(() => lab?.close())

describeTarget('argo-rollouts', async () => {
  lab = await openLab(inject('kubeconfig'))
  return rolloutsFixture(lab)
})
