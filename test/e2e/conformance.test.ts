import { expect, inject, onTestFinished, test } from 'vitest'
import { prove } from '../prove/conformance.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'

const KINDS = [
  ...['deployments', 'statefulsets', 'replicasets', 'controllerrevisions'].map((plural) => ['apis/apps/v1', plural]),
  ...['pods', 'secrets', 'configmaps', 'serviceaccounts'].map((plural) => ['api/v1', plural]),
  ...['roles', 'rolebindings'].map((plural) => ['apis/rbac.authorization.k8s.io/v1', plural]),
]

/** Name and uid of all that is in the lab's namespace. */
async function everything({ ask, namespace }: Lab): Promise<string[]> {
  const lists = KINDS.map(async ([api, plural]) => {
    const path = `/${api}/namespaces/${namespace}/${plural}`
    const { items } = await ask<{ items: { metadata: { name: string; uid: string } }[] }>('GET', path)
    return items.map(({ metadata }) => `${plural}/${metadata.name} ${metadata.uid}`)
  })
  return (await Promise.all(lists)).flat().toSorted()
}

test('the conformance proof is a guest in the namespace that it is given: it touches nothing there and leaves nothing', async () => {
  const kubeconfig = inject('kubeconfig')
  const lab = await openLab(kubeconfig, 'reader')
  onTestFinished(() => lab.close())
  await lab.deploy('subject-deployment-1', { image: '3.9' })
  const metadata = { name: 'unwind-reader' }
  await lab.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  await lab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'canaries' }, data: { one: 'mine' } })
  const before = await everything(lab)
  const failed: object[] = []
  const args = ['--kubeconfig', kubeconfig, '-n', lab.namespace, '--kinds', 'deployment,statefulset']
  await prove({ cases: 1, seed: 1, args }, (line) => {
    if (!line.passed) failed.push(line)
  })
  expect(failed).toEqual([])
  expect(await everything(lab)).toEqual(before)
})
