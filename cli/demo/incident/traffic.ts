import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Playground } from '../ground.ts'
import { isReady } from '../pods.ts'

/** What customers of checkout see, counted as the service itself would: requests by status, at /metrics. */
export interface Traffic {
  /** host:port of /metrics. */
  readonly place: string
  /** Share of requests that fail now. */
  failing(): number
  stop(): Promise<void>
}

const PER_SECOND = 50
/** What is bad about a release of the demo: half of its requests with the new flow fail, a tenth of the others. */
const WITH_FLAG = 0.5
const WITHOUT_FLAG = 0.1

/**
 * Sends imagined customers to the pods that really run: what they see follows from the release of each ready pod and from
 * the flag, both of which are looked at twice a second.
 */
export async function startTraffic(
  ground: Playground,
  bad: string,
  isFlagOn: () => Promise<boolean>,
): Promise<Traffic> {
  const counts = { ok: 0, failed: 0 }
  let [open, share] = [false, 0]
  const look = async () => {
    const pods = await ground.hands.pods(ground.namespace, 'app.kubernetes.io/name=checkout')
    const ready = pods.filter(isReady)
    const broken = ready.filter(({ metadata }) => metadata?.labels?.['app.kubernetes.io/version'] === bad)
    // Nobody comes before the shop has opened; afterwards, no pod is no answer.
    open ||= ready.length > 0
    share = ready.length === 0 ? 1 : (broken.length / ready.length) * ((await isFlagOn()) ? WITH_FLAG : WITHOUT_FLAG)
  }
  const server = http.createServer((_, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    const line = (status: number, count: number) =>
      `http_requests_total{service="checkout",status="${status}"} ${count}`
    const lines = ['# TYPE http_requests_total counter', line(200, counts.ok), line(500, counts.failed), '']
    response.end(lines.join('\n'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const serving = setInterval(() => {
    if (!open) return
    counts.failed += (PER_SECOND / 10) * share
    counts.ok += (PER_SECOND / 10) * (1 - share)
  }, 100)
  // A look that fails, because what it looks at is being stopped, leaves what was seen before.
  const looking = setInterval(() => void look().catch(() => undefined), 500)
  return {
    place: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    failing: () => share,
    stop: async () => {
      clearInterval(serving)
      clearInterval(looking)
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
