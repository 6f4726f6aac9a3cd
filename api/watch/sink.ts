import type { ServerResponse } from 'node:http'
import type { Outcome, RunState, TimelineEvent } from '../../model/run.ts'

/**
 * What a watcher is sent. `timeline` alone has an id, because it alone can be resumed from. `status` is the phase or the
 * outcome as soon as the history tells it; the record follows when the worker has answered.
 */
export type WatchEvent =
  | { event: 'timeline'; data: TimelineEvent }
  | { event: 'state'; data: RunState }
  | { event: 'status'; data: { status: string } }
  | { event: 'doing'; data: Doing }
  | { event: 'end'; data: { outcome?: Outcome } }

/** What the running step does just now, as its worker last said; null when nothing runs. */
export interface Doing {
  doing: string | null
  activity?: string
  attempt?: number
}

/** One client of a stream. */
export interface Sink {
  /** Sends one event; false when the client is gone or reads too slowly, and must come back by its last id. */
  send(event: WatchEvent): boolean
  close(): void
}

// What a client may leave unread. Beyond it the stream is cut, because memory is not the client's to spend.
const UNREAD_LIMIT = 1_048_576
const KEEP_ALIVE = 15_000
const RETRY = 2_000

/** Turns a response into a stream of server-sent events (WHATWG HTML §9.2). `runId` becomes part of each id. */
export function openSink(response: ServerResponse, runId: string, headers: Record<string, string>): Sink {
  // A stream is the last answer of its connection: a server that closes would wait for an idle one to time out.
  response.shouldKeepAlive = false
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx buffers answers unless it is told not to: http://nginx.org/en/docs/http/ngx_http_proxy_module.html
    'x-accel-buffering': 'no',
  })
  response.write(`retry: ${RETRY}\n\n`)
  const beat = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE)
  const close = () => {
    clearInterval(beat)
    response.end()
  }
  response.once('close', () => clearInterval(beat))
  return {
    send(event) {
      if (response.destroyed || response.writableEnded) return false
      response.write(written(event, runId))
      if (response.writableLength <= UNREAD_LIMIT) return true
      clearInterval(beat)
      response.destroy()
      return false
    },
    close,
  }
}

/** The seq that a Last-Event-ID stands for in this run: `57@<run id>`, or a bare `57`. Another run's id begins anew. */
export function resumeFrom(lastEventId: string | undefined, runId: string): number {
  const match = /^(\d{1,9})(?:@(.+))?$/.exec(lastEventId ?? '')
  return match && (match[2] === undefined || match[2] === runId) ? Number(match[1]) : 0
}

function written({ event, data }: WatchEvent, runId: string): string {
  const id = event === 'timeline' ? `id: ${data.seq}@${runId}\n` : ''
  return `${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
