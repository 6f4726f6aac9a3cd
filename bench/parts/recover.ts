import { readEvents } from '../../cli/sse.ts'
import type { Shop } from './shop.ts'

/** So long one rollback may take before the bench gives up, in milliseconds. */
const LIMIT = 60_000

/** Asks for a rollback of one step and follows its event stream until it has recovered, as the command line does. */
export async function recover({ url }: Pick<Shop, 'url'>, service: string, step: object): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT)
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
