import { afterAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { volumeFixture } from './fixture.ts'

let lab: Lab | undefined
afterAll(() => lab?.close())

describeTarget('volume-restore', async () => {
  lab = await openLab(inject('kubeconfig'))
  return volumeFixture('volume-restore', lab)
})
