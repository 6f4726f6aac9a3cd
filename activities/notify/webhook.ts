import { createHmac } from 'node:crypto'
import { WebhookChannel } from '../../model/channels.ts'
import { ask } from '../ask.ts'
import { defineChannel, type Message } from './channel.ts'

/**
 * One CloudEvent 1.0 per event, in JSON, signed as Standard Webhooks say (webhook-id, webhook-timestamp,
 * webhook-signature: v1). The id is the message's key: whoever receives it twice drops the second.
 * https://github.com/standard-webhooks/standard-webhooks
 */
export const webhook = defineChannel({
  schema: WebhookChannel,
  async upsert(key, message, context) {
    // What only shows anew where a run stands is no event.
    if (message.quiet) return undefined
    const { origin, path } = context.settings
    const body = JSON.stringify(eventOf(key, message))
    const at = String(Math.floor(Date.now() / 1_000))
    const signature = sign(await context.secret('signingSecret'), `${key}.${at}.${body}`)
    await ask({
      ...{ who: 'The webhook', origin, path, method: 'POST', signal: context.signal, body },
      headers: {
        'content-type': 'application/cloudevents+json',
        ...{ 'webhook-id': key, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` },
      },
    }).catch(tolerant)
    return undefined
  },
})

function eventOf(key: string, { event, text, service, environment, notice }: Message): object {
  return {
    ...{ specversion: '1.0', id: key, type: `dev.unwind.rollback.${event}` },
    source: `/v1/rollbacks/${environment}/${service}`,
    subject: notice?.run ?? `${environment}/${service}`,
    datacontenttype: 'application/json',
    data: { event, text, service, environment, ...(notice && { notice: withoutReport(notice) }) },
  }
}

function withoutReport({ report: _report, ...notice }: NonNullable<Message['notice']>): object {
  return notice
}

/** A secret written whsec_… is base64, as Standard Webhooks write it; any other is taken as it is. */
function sign(secret: string, content: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret)
  return createHmac('sha256', key).update(content).digest('base64')
}

/** A receiver need not answer in JSON: its status says all there is to say. */
function tolerant(error: unknown): undefined {
  if (error instanceof Error && error.message.endsWith('something else than JSON')) return undefined
  throw error
}
