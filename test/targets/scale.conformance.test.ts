import { afterAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { scaleFixture } from './scale-fixture.ts'

let lab: Lab | undefined
afterAll(() => lab?.close())

describeTarget('kubernetes-scale', async () => {
  lab = await openLab(inject('kubeconfig'))
  return scaleFixture(lab)
})
