import { afterAll, beforeAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { configFixture } from './config-fixture.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

for (const kind of ['configmap', 'secret'] as const)
  describeTarget(`kubernetes-config, of a ${kind},`, async () => configFixture(lab, kind))
