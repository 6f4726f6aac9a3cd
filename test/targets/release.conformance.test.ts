import { afterAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { releaseFixture } from './release-fixture.ts'

let lab: Lab | undefined
afterAll(() => lab?.close())

describeTarget('kubernetes-release', async () => {
  lab = await openLab(inject('kubeconfig'))
  return releaseFixture(lab)
})
