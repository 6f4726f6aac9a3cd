import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A service whose metrics a Prometheus scrapes: requests so far by status, and how long they took. */
export interface Scraped {
  /** host:port. */
  readonly place: string
  /** Counts so many requests that were answered with this status after so many seconds each. */
  count(requests: number, how?: { status?: number; seconds?: number }): void
  /** Counts likewise again and again until it is told otherwise; nothing stops it. */
  keepCounting(perSecond: number, how?: { status?: number; seconds?: number }): void
  keepSilent(): void
  close(): Promise<void>
}

/** Upper bounds of the histogram, in seconds. */
const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Serves `http_requests_total` and `http_request_duration_seconds` of this service at /metrics; it answers 200 elsewhere. */
export async function startScraped(service: string): Promise<Scraped> {
  const statuses = new Map<number, number>()
  const times: number[] = []
  let counting: NodeJS.Timeout | undefined
  const count: Scraped['count'] = (requests, { status = 200, seconds = 0.05 } = {}) => {
    statuses.set(status, (statuses.get(status) ?? 0) + requests)
    for (let n = 0; n < requests; n++) times.push(seconds)
  }
  const server = createServer(({ url }, answer) => {
    // Prometheus 3 takes no metrics without a type of content that it knows.
    answer.setHeader('content-type', 'text/plain; version=0.0.4')
    answer.end(url === '/metrics' ? exposed(service, statuses, times) : 'ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const keepSilent = () => clearInterval(counting)
  return {
    place: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    count,
    keepCounting: (perSecond, how) => {
      keepSilent()
      counting = setInterval(() => count(Math.ceil(perSecond / 10), how), 100)
    },
    keepSilent,
    close: async () => {
      keepSilent()
      await closed(server)
    },
  }
}

function exposed(service: string, statuses: ReadonlyMap<number, number>, times: readonly number[]): string {
  const label = `service="${service}"`
  const totals = [...statuses].map(([status, n]) => `http_requests_total{${label},status="${status}"} ${n}`)
  const under = BUCKETS.map((most) => [String(most), times.filter((took) => took <= most).length] as const)
  const buckets = [...under, ['+Inf', times.length] as const].map(
    ([le, n]) => `http_request_duration_seconds_bucket{${label},le="${le}"} ${n}`,
  )
  const sum = times.reduce((all, took) => all + took, 0)
  return [
    '# TYPE http_requests_total counter',
    ...totals,
    '# TYPE http_request_duration_seconds histogram',
    ...buckets,
    `http_request_duration_seconds_sum{${label}} ${sum}`,
    `http_request_duration_seconds_count{${label}} ${times.length}`,
    '',
  ].join('\n')
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
