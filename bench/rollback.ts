import { randomUUID } from 'node:crypto'
import { alternate, type Bench, figure, timed } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'
import { recover } from './parts/recover.ts'
import { NAMESPACE, openShop, type Shop } from './parts/shop.ts'

export const bench: Bench = {
  title: 'Undo of a Deployment on a real control plane',
  figures: {
    rollback:
      'POST /v1/rollbacks until the event stream says recovered (soak 0), against kubectl rollout undo && status',
  },
  goals: { rollback: 1.3 },
  runs: 20,
  measure: (runs) =>
    withClosing(async (closing) => {
      const shop = await openShop(closing)
      const pairs = await alternate(runs, {
        ours: () => undone(shop, (name) => recover(shop, name, stepOf(name))),
        other: () => undone(shop, (name) => undo(shop, name)),
      })
      return [figure('rollback', 'ms', pairs)]
    }),
}

/** Times one undo of a Deployment of its own, which stands settled at its second release; and looks that it is undone. */
async function undone(shop: Shop, undo: (name: string) => Promise<void>): Promise<number> {
  const name = `shop-${randomUUID().slice(0, 8)}`
  await shop.deploy(name)
  const took = await timed(() => undo(name))
  await shop.requireFirstRelease(name)
  await shop.remove(name)
  return took
}

async function undo({ kubectl }: Shop, name: string): Promise<void> {
  await kubectl('rollout', 'undo', `deployment/${name}`, '-n', NAMESPACE)
  await kubectl('rollout', 'status', `deployment/${name}`, '-n', NAMESPACE, '--timeout=60s')
}

function stepOf(name: string): object {
  return { kind: 'kubernetes', workload: `deployment/${name}`, to: 'previous', soak: '0s' }
}
