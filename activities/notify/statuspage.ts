import { StatuspageChannel } from '../../model/channels.ts'
import type { Notice } from '../../model/notices/notice.ts'
import { ask, at, expected, listAt, textAt } from '../ask.ts'
import { type ChannelContext, defineChannel, type Message } from './channel.ts'

type Context = ChannelContext<typeof StatuspageChannel>

/**
 * One public incident per run. What is published is the service's name and words of ours, or those of the channel's
 * templates: never what people or systems wrote. An update is made once: one that stands there already is not repeated,
 * because every one of them is sent to subscribers. https://developer.statuspage.io
 */
export const statuspage = defineChannel({
  schema: StatuspageChannel,
  async upsert(key, message, context) {
    const run = message.notice?.run ?? key
    const status = statusOf(message.notice)
    const body = bodyOf(message, status, context)
    const found = context.known === undefined ? await find(run, context) : await read(context.known, context)
    if (found === undefined) return create(run, { status, body }, message, context)
    const known = expected('Statuspage', textAt(found, 'id'))
    const last = listAt(found, 'incident_updates')[0]
    const stands = textAt(found, 'status') === status && (message.quiet || textAt(last, 'body') === body)
    if (!stands && textAt(found, 'status') !== 'resolved') {
      const resolved = status === 'resolved' && { components: componentsOf(context, 'operational') }
      const incident = { status, body, deliver_notifications: context.settings.subscribers, ...resolved }
      await request('PATCH', `incidents/${encodeURIComponent(known)}`, context, { incident })
    }
    return { known, ...linkOf(found) }
  },
})

type Status = 'investigating' | 'identified' | 'monitoring' | 'resolved'

/** Only what has recovered is resolved; what ended otherwise is still looked into. */
function statusOf(notice: Notice | undefined): Status {
  const stages = { waiting: 'investigating', deciding: 'investigating', over: 'investigating' } as const
  const others = { changing: 'identified', checking: 'monitoring', recovered: 'resolved' } as const
  return notice ? { ...stages, ...others }[notice.stage] : 'investigating'
}

const WORDS: Record<Status, string> = {
  investigating: 'We are looking into a problem with {}.',
  identified: 'We know what the problem with {} is, and are taking it back to a version that worked.',
  monitoring: '{} is back at a version that worked. We are watching it.',
  resolved: '{} has recovered.',
}

function bodyOf({ text, service, event }: Message, status: Status, { settings }: Context): string {
  const own = settings.templates?.[event] ?? settings.templates?.['*']
  return own === undefined ? WORDS[status].replace('{}', service) : text
}

async function create(
  run: string,
  { status, body }: { status: Status; body: string },
  { service }: Message,
  context: Context,
) {
  const { components, subscribers } = context.settings
  const incident = {
    ...{ name: `Problem with ${service}`, status, body, deliver_notifications: subscribers },
    metadata: { unwind: { run } },
    ...(components.length > 0 && {
      component_ids: components,
      components: componentsOf(context, 'degraded_performance'),
    }),
  }
  const made = await request('POST', 'incidents', context, { incident })
  return { known: expected('Statuspage', textAt(made, 'id')), ...linkOf(made) }
}

function componentsOf({ settings }: Context, status: string): Record<string, string> {
  return Object.fromEntries(settings.components.map((id) => [id, status]))
}

/** An incident is marked with its run when it is created, so that a lost answer makes no second one. */
async function find(run: string, context: Context): Promise<unknown> {
  for (const list of ['incidents/unresolved', 'incidents?limit=100']) {
    const found = listAt(await request('GET', list, context)).find(
      (each) => at(each, 'metadata', 'unwind', 'run') === run,
    )
    if (found !== undefined) return found
  }
  return undefined
}

function read(id: string, context: Context): Promise<unknown> {
  return request('GET', `incidents/${encodeURIComponent(id)}`, context)
}

async function request(method: 'GET' | 'POST' | 'PATCH', path: string, context: Context, body?: object) {
  const { origin, page } = context.settings
  const headers = { authorization: `OAuth ${await context.secret('token')}` }
  const asked = { who: 'Statuspage', origin, path: `/v1/pages/${page}/${path}`, method, headers }
  return (await ask({ ...asked, signal: context.signal, ...(body && { body }) })).json
}

function linkOf(incident: unknown): { url?: string } {
  const url = textAt(incident, 'shortlink')
  return url?.startsWith('http') ? { url } : {}
}
