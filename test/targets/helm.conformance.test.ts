import { afterAll, inject } from 'vitest'
import { describeTarget } from '../support/conformance-suite.ts'
import { helmFixture } from './helm-fixture.ts'
import { openHelm } from './helm-lab.ts'
import { type Lab, openLab } from './kubernetes-lab.ts'

const labs: Lab[] = []
afterAll(async () => {
  for (const lab of labs) await lab.close()
})

async function fixture(major: 3 | 4, how: readonly string[] = []) {
  const lab = await openLab(inject('kubeconfig'))
  labs.push(lab)
  return helmFixture(await openHelm(lab, major), how)
}

describeTarget('helm, by Helm 3', () => fixture(3))
describeTarget('helm, by Helm 4 that merges on the client', () => fixture(4, ['--server-side=false']))
describeTarget('helm, by Helm 4 with server-side apply', () => fixture(4), {
  'killed in mid-apply, a second apply finishes: the write was done, its answer lost':
    'server-side apply says the whole object again, which changes nothing and can’t be counted',
})
