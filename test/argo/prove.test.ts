import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { type Ground, openGround } from '../prove/argo/ground.ts'
import { sideBySide } from '../prove/argo.ts'

let ground: Ground
beforeAll(async () => {
  const where = { kubeconfig: inject('kubeconfig'), ...inject('argo') }
  ground = await openGround({ ...where, temporalAddress: inject('temporalAddress') })
})
afterAll(() => ground.close())

it('the usual recipe brings the bad version back; ours holds, and lets go only once Git agrees', async () => {
  const lines: { name: string; passed: boolean; detail?: string }[] = []
  await sideBySide(ground, 10_000, (line) => lines.push(line))
  expect(lines.filter(({ passed }) => !passed)).toEqual([])
  expect(lines).toHaveLength(3)
})
