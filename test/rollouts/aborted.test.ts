import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { aborted } from '../../activities/checks/aborted/index.ts'
import { AbortedMeasurement, abortedKind } from '../../activities/checks/aborted/schema.ts'
import { loadKubeConfig, pinOf } from '../../activities/kubernetes/connect.ts'
import { Connection } from '../../model/configuration.ts'
import { type Lab, openLab } from '../targets/kubernetes-lab.ts'
import { PAUSING, rolloutLab, type RolloutLab } from './lab.ts'

let lab: Lab
let hands: RolloutLab
beforeAll(async () => {
  lab = await openLab(inject('kubeconfig'))
  hands = rolloutLab(lab)
})
afterAll(() => lab.close())

/** One look, as a worker takes it. */
function look(name: string, by?: string) {
  const { server, caSha256 } = pinOf(loadKubeConfig({ kubeconfig: lab.kubeconfig }, 'lab'), 'lab')
  const entry = Connection.parse({ kind: 'kubernetes', environment: 'test', server, caSha256 })
  const spec = AbortedMeasurement.parse({ aborted: `rollout/${name}`, namespace: lab.namespace, ...(by && { by }) })
  return aborted.measure(spec, {
    ...{ service: 's', environment: 'test', signal: AbortSignal.timeout(30_000) },
    connection: { name: 'lab', entry, credentials: { kubeconfig: lab.kubeconfig } },
  })
}

const status = async (name: string, by?: string) => (await look(name, by)).status

it('tells an abort by an analysis from one by a person, and neither from what is stable or under way', async () => {
  await hands.deploy('person', { image: '3.8', strategy: PAUSING })
  expect(await status('person')).toBe('fail')
  await hands.deploy('person', { image: '3.9', strategy: PAUSING }, ['Paused'])
  expect(await status('person', 'anything')).toBe('fail')
  const abort = hands.verbs('person', { action: 'abort' })
  await abort.apply(await abort.plan())
  expect(await status('person')).toBe('fail')
  expect(await status('person', 'anything')).toBe('pass')
  expect(abortedKind.trigger?.(AbortedMeasurement.parse({ aborted: 'rollout/x', namespace: 'y' }))).toBe('holds')
})

it('holds for the revision whose analysis failed, also while it is retried, until it is gone', async () => {
  // Nothing answers there, and one measurement that can't be made is one too many.
  const prometheus = { address: 'http://127.0.0.1:1', query: 'up' }
  await lab.apply({
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name: 'never' } },
    spec: { metrics: [{ name: 'up', interval: '1s', count: 5, consecutiveErrorLimit: 0, provider: { prometheus } }] },
  })
  const steps = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'never' }] } }, { pause: {} }]
  const strategy = { canary: { maxSurge: 1, maxUnavailable: 0, steps } }
  await hands.deploy('judged', { image: '3.8', strategy })
  await hands.apply('judged', { image: '3.9', strategy })
  await hands.sees('judged', ({ status: seen }) => seen?.abortedAt !== undefined)
  const first = await look('judged')
  expect(first).toMatchObject({ status: 'pass', evidence: { facts: { revision: '2' } } })
  expect(first.evidence.summary).toMatch(/revision 2 of rollout\/judged was aborted by analysis judged-\w+-2-1: Error/)
  const undo = hands.verbs('judged')
  const plan = await undo.plan()
  expect(plan.impact?.join('; ')).toMatch(/the update to revision 2 .* is aborted.*; analysis judged-\w+-2-1: Error/)
  const retry = hands.verbs('judged', { action: 'retry' })
  const again = await retry.apply(await retry.plan())
  expect(await status('judged')).toBe('pass')
  const verdict = await retry.verify(again)
  expect(verdict.status).toBe('fail')
  expect(verdict.evidence.summary).toMatch(/was aborted: .*; analysis judged-.*: Error/)
  await undo.apply(plan)
  await hands.sees('judged', ({ status: seen }) => seen?.phase === 'Healthy')
  expect(await status('judged')).toBe('fail')
})
