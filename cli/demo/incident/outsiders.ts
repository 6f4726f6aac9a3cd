import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

type Body = Record<string, unknown>

/** A message as it stands in the chat. */
export interface Posted {
  ts: string
  text: string
  thread_ts?: string
  blocks?: { type: string; elements?: { action_id?: string; value?: string }[] }[]
  metadata?: { event_payload: { key: string } }
}

/** Stand-ins of the demo's own for what no machine can have: Slack, a tracker of issues (GitHub's), Grafana's annotations. */
export interface Outsiders {
  /** Origin of all of them. */
  readonly url: string
  readonly messages: Posted[]
  readonly issues: { number: number; title: string; body: string; html_url: string }[]
  readonly annotations: { id: number; time: number; timeEnd: number; text: string; tags: string[] }[]
  close(): Promise<void>
}

/** Starts them on loopback. They keep what they are sent and check nothing; the project's tests do that. */
export async function startOutsiders(): Promise<Outsiders> {
  const kept: Pick<Outsiders, 'messages' | 'issues' | 'annotations'> = { messages: [], issues: [], annotations: [] }
  const server = http.createServer((request, response) => {
    void read(request).then((body) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://outside')
      const answer = answerTo(kept, `${request.method} ${pathname}`, body, searchParams)
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer ?? {}))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { ...kept, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

async function read(request: http.IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  if (text === '') return {}
  if (request.headers['content-type']?.includes('json')) return JSON.parse(text) as Body
  return Object.fromEntries(new URLSearchParams(text))
}

type Kept = Pick<Outsiders, 'messages' | 'issues' | 'annotations'>

function answerTo(kept: Kept, asked: string, body: Body, query: URLSearchParams): unknown {
  const [, method] = /^POST \/api\/((?:chat|conversations)\.\w+)$/.exec(asked) ?? []
  if (method) return { ok: true, ...slack(kept, method, body) }
  if (asked.startsWith('POST /actions/')) return {}
  if (/^\w+ \/repos\//.test(asked)) return issues(kept, asked, body)
  return asked.includes('/api/annotations') ? annotations(kept, asked, body, query) : undefined
}

function slack({ messages }: Kept, method: string, body: Body): object {
  const { channel, ts } = body
  if (method === 'chat.postMessage') {
    const posted = { ...body, ts: `${1_700_000_000 + messages.length}.000100` } as unknown as Posted
    messages.push(posted)
    return { channel, ts: posted.ts }
  }
  if (method === 'chat.update') {
    Object.assign(messages.find((message) => message.ts === ts) ?? {}, body)
    return { channel, ts }
  }
  if (method === 'chat.getPermalink') return { permalink: `https://chat.example/${String(body['message_ts'])}` }
  const thread = method === 'conversations.replies'
  return { messages: messages.filter((message) => (thread ? message.thread_ts === ts : !message.thread_ts)) }
}

function issues({ issues: all }: Kept, asked: string, body: Body): unknown {
  const number = Number(/\/issues\/(\d+)$/.exec(asked)?.[1])
  const found = all.find((issue) => issue.number === number)
  if (!Number.isNaN(number)) return found && Object.assign(found, body)
  if (asked.startsWith('GET')) return all
  const made = { ...body, number: all.length + 1, html_url: `https://tracker.example/issues/${all.length + 1}` }
  all.push(made as Outsiders['issues'][number])
  return made
}

function annotations({ annotations: all }: Kept, asked: string, body: Body, query: URLSearchParams): unknown {
  const id = Number(/\/annotations\/(\d+)$/.exec(asked)?.[1])
  if (!Number.isNaN(id)) return Object.assign(all.find((one) => one.id === id) ?? {}, body) && { message: 'patched' }
  if (asked.startsWith('GET')) return all.filter(({ tags }) => query.getAll('tags').every((tag) => tags.includes(tag)))
  all.push({ ...body, id: all.length + 1 } as Outsiders['annotations'][number])
  return { id: all.length, message: 'added' }
}
