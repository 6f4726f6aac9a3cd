import http from 'node:http'

/** What became of a flood of posts. */
export interface Flood {
  /** How many were answered with each status. */
  statuses: Record<number, number>
  /** Milliseconds that each took. */
  took: number[]
  /** Posts that never got an answer. */
  lost: number
}

/** How often posts are sent, in milliseconds. */
const TICK = 10

/**
 * Posts bodies in turn at a steady rate, whatever the server does: who is slow gets more and more at once, as in an
 * incident. Resolves when the last answer is there.
 */
export async function flood(
  url: string,
  { bodies, rate, seconds }: { bodies: readonly string[]; rate: number; seconds: number },
): Promise<Flood> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 256 })
  const found: Flood = { statuses: {}, took: [], lost: 0 }
  const open: Promise<void>[] = []
  const began = performance.now()
  let sent = 0
  while (sent < rate * seconds) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - began) / 1_000) * rate))
    for (; sent < due; sent++) open.push(post(url, bodies[sent % bodies.length] ?? '', agent, found))
    await new Promise((resolve) => setTimeout(resolve, TICK))
  }
  await Promise.all(open)
  agent.destroy()
  return found
}

function post(url: string, body: string, agent: http.Agent, found: Flood): Promise<void> {
  const began = performance.now()
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const request = http.request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume()
      answer.on('end', () => {
        const { statusCode = 0 } = answer
        found.statuses[statusCode] = (found.statuses[statusCode] ?? 0) + 1
        found.took.push(performance.now() - began)
        resolve()
      })
    })
    request.on('error', () => {
      found.lost++
      resolve()
    })
    request.end(body)
  })
}
