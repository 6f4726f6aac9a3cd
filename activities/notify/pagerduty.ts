import { PagerDutyChannel } from '../../model/channels.ts'
import type { Notice } from '../../model/notices/notice.ts'
import { ask } from '../ask.ts'
import { type ChannelContext, defineChannel, type Message } from './channel.ts'

type Context = ChannelContext<typeof PagerDutyChannel>

/**
 * One alert per need of a person, by Events API v2: triggered, acknowledged by a claim, resolved once nobody is needed.
 * The deduplication key is the need's own, because a key whose alert was resolved would open another one.
 * https://developer.pagerduty.com/docs/events-api-v2
 */
export const pagerduty = defineChannel({
  schema: PagerDutyChannel,
  async upsert(key, message, context) {
    const { notice } = message
    const dedup = dedupOf(key, notice)
    const open = context.known?.startsWith(OPEN) ? context.known.slice(OPEN.length) : undefined
    if (open !== undefined && open !== dedup) await send('resolve', open, message, context)
    if (dedup === undefined) return { known: CLOSED }
    if (notice?.claimedBy !== undefined && open === dedup) await send('acknowledge', dedup, message, context)
    else if (!message.quiet || open === undefined) await send('trigger', dedup, message, context)
    return { known: `${OPEN}${dedup}` }
  },
})

const OPEN = 'open '
const CLOSED = 'closed'

function dedupOf(key: string, notice: Notice | undefined): string | undefined {
  if (!notice) return `unwind/${key}`.slice(0, 255)
  return notice.need && `unwind/${notice.run}/${notice.need.id}`.slice(0, 255)
}

type Action = 'trigger' | 'acknowledge' | 'resolve'

async function send(action: Action, dedup: string, message: Message, context: Context): Promise<void> {
  const { settings, signal } = context
  await ask({
    ...{ who: 'PagerDuty', origin: settings.origin, path: '/v2/enqueue', method: 'POST', signal },
    body: {
      ...{ routing_key: await context.secret('routingKey'), event_action: action, dedup_key: dedup },
      ...(action === 'trigger' && payloadOf(message, settings.severity)),
    },
  })
}

function payloadOf({ text, notice, service, environment, event }: Message, severity: string): object {
  const links = [
    { href: notice?.url, text: 'Run' },
    { href: notice?.ticket, text: 'Ticket' },
  ].filter(({ href }) => href?.startsWith('http'))
  return {
    client: 'Unwind',
    ...(links.length > 0 && { links }),
    payload: {
      summary: `${service} in ${environment}: ${text}`.slice(0, 1_024),
      ...{ source: `${environment}/${service}`, severity, component: service, group: environment, class: event },
      ...(notice && { custom_details: Object.fromEntries(notice.facts) }),
    },
  }
}
