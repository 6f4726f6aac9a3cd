import { createHmac } from 'node:crypto'
import { contractOf, documented, object, oneOf, text } from '../contract.ts'
import { type Double, startDouble } from '../double.ts'

/** A receiver of CloudEvents that verifies each and keeps those that it has not seen, by their id. */
export interface Receiver extends Double {
  events: { id: string; type: string }[]
}

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
const description = documented({
  'POST /hook': {
    body: object(
      { specversion: oneOf('1.0'), id: text(), source: text(), type: text() },
      { subject: text(), datacontenttype: oneOf('application/json'), data: { type: 'object' } },
    ),
    answers: { 200: {}, 401: {} },
  },
})

export async function startReceiver(): Promise<Receiver> {
  const events: Receiver['events'] = []
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: () => true,
    answer: ({ headers, body, text: raw }) => {
      const [id, at] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])]
      const signature = createHmac('sha256', 'of-a-test').update(`${id}.${at}.${raw}`).digest('base64')
      if (headers['webhook-signature'] !== `v1,${signature}`) return { status: 401, body: {} }
      const event = body as Receiver['events'][number]
      if (!events.some((seen) => seen.id === event.id)) events.push(event)
      return { status: 200, body: {} }
    },
  })
  return Object.assign(double, { events })
}
