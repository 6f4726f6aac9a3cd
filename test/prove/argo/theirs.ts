import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { ArgoLab } from '../../argo/lab.ts'
import { AUTOMATED } from '../../argo/fixture.ts'

/**
 * The usual recipe, `argocd app rollback` and then `argocd app sync`: under auto-sync the first is refused; without it the bad
 * version is away for as long as it takes to type the second. Answers what was seen.
 */
export async function recipe(lab: ArgoLab): Promise<string> {
  const shop = await lab.shop(AUTOMATED)
  const path = `/applications/${shop.name}`
  const [bad, good] = [await shop.image(), 'registry.k8s.io/pause:3.9']
  const [first] = (await shop.read()).status.history ?? []
  const rollback = () => lab.api('POST', `${path}/rollback`, { name: shop.name, id: first?.id })
  await assert.rejects(rollback(), /auto-sync is enabled/)
  const patch = JSON.stringify({ spec: { syncPolicy: null } })
  await lab.api('PATCH', path, { name: shop.name, patchType: 'merge', patch })
  await rollback()
  await shop.until(({ operation, status }) => operation === undefined && status.history?.length === 3)
  assert.equal(await shop.image(), good)
  await pause(1_000)
  await shop.sync()
  await shop.until(({ operation, status }) => operation === undefined && status.history?.length === 4)
  assert.equal(await shop.image(), bad)
  return `refused under auto-sync; without it ${good} ran until the sync, and then ${bad} again`
}
