import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Lab, openLab } from './kubernetes-lab.ts'
import { verbs } from './kubernetes-verbs.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
})
afterAll(() => lab.close())

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
})

async function impact(name: string, replicas: number, spec: object): Promise<string[] | undefined> {
  for (const image of ['3.7', '3.8']) await lab.deploy(name, { image, replicas, spec })
  return (await verbs(lab, name).plan()).impact
}

test('a share of unavailable pods is rounded down, one of additional pods up, as Kubernetes fills them in', async () => {
  expect(await impact('shares', 3, { strategy: undefined })).toEqual([
    'all 3 replicas are replaced: at least 3 stay available, at most 4 run at once',
  ])
  expect(await impact('halves', 3, rolling('50%', '50%'))).toEqual([
    'all 3 replicas are replaced: at least 2 stay available, at most 5 run at once',
  ])
})

test('where neither leaves room, one pod may be unavailable', async () => {
  expect(await impact('tight', 2, rolling('0%', '10%'))).toEqual([
    'all 2 replicas are replaced: at least 1 stay available, at most 2 run at once',
  ])
})

test('a Deployment that is recreated has no capacity meanwhile, and one without pods loses none', async () => {
  expect(await impact('recreated', 2, { strategy: { type: 'Recreate' } })).toEqual([
    'all 2 replicas end before the first new pod starts: no capacity until then',
  ])
  expect(await impact('empty', 0, {})).toEqual([])
})
