import { randomUUID } from 'node:crypto'
import { readEvents } from '../cli/sse.ts'
import { alternate, type Bench, figure, timed } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'
import { NAMESPACE, openShop, type Shop } from './parts/shop.ts'

/** So long one undo may take before the bench gives up, in milliseconds. */
const LIMIT = 60_000

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
        ours: () => undone(shop, (name) => post(shop, name)),
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

/** Asks for the rollback and follows its event stream, as the command line does. */
async function post({ url }: Shop, service: string): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT)
  const step = { kind: 'kubernetes', workload: `deployment/${service}`, to: 'previous', soak: '0s' }
  const body = { service, environment: 'bench', reason: 'the release is bad', steps: [step] }
  const answer = await fetch(`${url}/v1/rollbacks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': service },
    body: JSON.stringify(body),
    signal,
  })
  if (answer.status !== 202) throw new Error(`the API answered ${answer.status}: ${await answer.text()}`)
  await answer.body?.cancel()
  const events = await fetch(`${url}/v1/rollbacks/bench/${service}/events`, { signal })
  for await (const { event, data } of readEvents(events.body ?? new ReadableStream())) {
    if (event !== 'status') continue
    const { status } = JSON.parse(data) as { status: string }
    if (status === 'recovered') return
    if (status !== 'running' && status !== 'planning') throw new Error(`did not recover: ${data}`)
  }
  throw new Error(`the event stream of ${service} ended before its rollback`)
}
