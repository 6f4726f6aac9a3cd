import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEvents, type StreamEvent } from '../../cli/sse.ts'

async function read(...chunks: string[]): Promise<StreamEvent[]> {
  const encoder = new TextEncoder()
  async function* body() {
    for (const chunk of chunks) yield encoder.encode(chunk)
  }
  const events: StreamEvent[] = []
  for await (const event of readEvents(body())) events.push(event)
  return events
}

test('an event has a name, an id and text over several lines', async () => {
  expect(await read('retry: 2000\n\n: still here\n\nid: 7@a\nevent: state\ndata: {"a":\ndata: 1}\n\n')).toEqual([
    { id: '7@a', event: 'state', data: '{"a":\n1}' },
  ])
})

test('an event that was cut off is dropped, and an id stays until the next one', async () => {
  expect(await read('id: 1\ndata: a\n\ndata: b\n\ndata: cut')).toEqual([
    { id: '1', event: 'message', data: 'a' },
    { id: '1', event: 'message', data: 'b' },
  ])
})

test('lines may end in CR, LF or CRLF, wherever the stream is cut', async () => {
  const text = 'event: state\r\ndata: ä\r\n\r\nevent: doing\rdata: b\r\r\ndata: c\n\n'
  const whole = await read(text)
  expect(whole.map(({ data }) => data)).toEqual(['ä', 'b', 'c'])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 8 }), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      expect(await read(...places.slice(1).map((end, index) => text.slice(places[index], end)))).toEqual(whole)
    }),
  )
})

test('an event beyond all measure ends the stream', async () => {
  await expect(read('data: ', ...Array.from({ length: 5 }, () => 'x'.repeat(1_048_576)))).rejects.toThrow('larger than')
})
