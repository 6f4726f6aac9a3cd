import { afterAll, beforeAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { argoFixture } from './fixture.ts'
import { type ArgoLab, openArgo } from './lab.ts'

let lab: ArgoLab
beforeAll(async () => {
  lab = await openArgo({ kubeconfig: inject('kubeconfig'), ...inject('argo') })
})
afterAll(() => lab.close())

describeTarget('argo-cd, of an application that is synced by hand,', () => argoFixture(lab))
describeTarget('argo-cd, under a sync window,', () => argoFixture(lab, 'window'))
describeTarget('argo-cd, with auto-sync switched off,', () => argoFixture(lab, 'disable-auto-sync'))
