import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { FollowupState } from '../../../model/followup.ts'
import { AUTOMATED } from '../../argo/fixture.ts'
import type { Shop } from '../../argo/lab.ts'
import type { Ground } from './ground.ts'

const GOOD = 'registry.k8s.io/pause:3.9'

/**
 * A rollback with a hold, of an application that syncs and repairs itself: the run ends, its object is free, the good version stays
 * for so many milliseconds whatever is looked at or committed meanwhile, and the hold goes once Git agrees, not before.
 */
export async function held(ground: Ground, hold: string, duration: number): Promise<string> {
  const shop = await ground.lab.shop(AUTOMATED)
  const { outcome, runId, obligations = [] } = await ground.rollback(shop, { hold })
  assert.equal(outcome, 'recovered')
  assert.equal(obligations.length, 1)
  const followup = ground.followup(runId)
  const looks = await stays(shop, duration)
  const open = await followup.query<FollowupState>('obligations')
  assert.ok(!open.obligations[0]?.settled, 'the hold was let go before Git agreed')
  assert.match(Object.values(open.seen ?? {}).join(), /what Git holds at .* is not what runs/)
  shop.commit('3.9', { 'apps/README.md': 'image 3.9 again\n' })
  const { obligations: settled } = (await followup.result()) as FollowupState
  assert.equal(settled[0]?.settled?.by, 'unwind')
  const { spec } = await shop.read()
  assert.deepEqual([spec.syncPolicy?.automated, await shop.windows()], [AUTOMATED.automated, []])
  assert.equal(await shop.image(), GOOD)
  const next = shop.commit('3.8')
  await shop.refresh()
  await shop.until(({ status }) => status.history?.at(-1)?.revision === next)
  return `${GOOD} ran at each of ${looks} looks in ${duration / 1_000} s; then Git agreed, the hold went, and the next commit was synced`
}

/** Has Argo CD look at Git every second, with a commit elsewhere in the middle: the good version must run each time. */
async function stays(shop: Shop, duration: number): Promise<number> {
  const end = Date.now() + duration
  let looks = 0
  for (let middle = Date.now() + duration / 2; Date.now() < end; looks++) {
    if (Date.now() > middle) {
      shop.commit('3.10', { 'docs/notes.md': 'somebody works on\n' })
      middle = Number.POSITIVE_INFINITY
    }
    const { status } = await shop.refresh()
    assert.deepEqual([await shop.image(), status.sync.status], [GOOD, 'OutOfSync'])
    await pause(1_000)
  }
  return looks
}
