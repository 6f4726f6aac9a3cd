/** One event of a stream: `id` to resume from, the name of the event, and its text. */
export interface StreamEvent {
  id: string
  event: string
  data: string
}

const EVENT_LIMIT = 4 * 1024 * 1024

/**
 * The events of a text/event-stream body (WHATWG HTML §9.2: CR, LF and CRLF, comments, several `data` lines, an id that
 * stays until the next one). Ends with the body; an event cut off in the middle is dropped, as the standard says.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const pending = { id: '', event: '', data: [] as string[] }
  for await (const line of linesOf(body)) {
    if (line !== '') {
      take(line, pending)
      continue
    }
    if (pending.data.length > 0)
      yield { id: pending.id, event: pending.event || 'message', data: pending.data.join('\n') }
    pending.event = ''
    pending.data = []
  }
}

function take(line: string, pending: { id: string; event: string; data: string[] }): void {
  const colon = line.indexOf(':')
  if (colon === 0) return
  const field = colon < 0 ? line : line.slice(0, colon)
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (field === 'data') pending.data.push(value)
  else if (field === 'event') pending.event = value
  else if (field === 'id' && !value.includes('\0')) pending.id = value
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    if (rest.length > EVENT_LIMIT) throw new Error(`an event of the stream is larger than ${EVENT_LIMIT} characters`)
    // A CR at the very end may be the first half of a CRLF: it waits for the next chunk.
    const parts = rest.split(/\r\n|\n|\r(?!$)/)
    rest = parts.pop() ?? ''
    yield* parts
  }
}
