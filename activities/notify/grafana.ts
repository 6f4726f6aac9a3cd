import { GrafanaChannel } from '../../model/channels.ts'
import { ask, at, expected, listAt } from '../ask.ts'
import { type ChannelContext, defineChannel, type Message } from './channel.ts'

type Context = ChannelContext<typeof GrafanaChannel>

/**
 * One annotation per run: a region from its start until it ended, or until now. Found again by its own tag.
 * https://grafana.com/docs/grafana/latest/developers/http_api/annotations
 */
export const grafana = defineChannel({
  schema: GrafanaChannel,
  async upsert(key, message, context) {
    const { notice } = message
    const run = notice?.run ?? key
    const { startedAt = Date.now() } = notice ?? {}
    const end = notice?.endedAt ?? Math.max(startedAt, Date.now())
    const tags = ['unwind', message.environment, message.service, tagOf(run)]
    const content = { timeEnd: end, tags, text: textOf(message) }
    const id = context.known ?? (await find(run, startedAt, context))
    if (id !== undefined) {
      await request('PATCH', `/api/annotations/${encodeURIComponent(id)}`, context, content)
      return { known: id }
    }
    const { dashboard, panel } = context.settings
    const place = { ...(dashboard && { dashboardUID: dashboard }), ...(panel !== undefined && { panelId: panel }) }
    const made = await request('POST', '/api/annotations', context, { ...place, time: startedAt, ...content })
    return { known: String(expected('Grafana', at(made, 'id') as number | undefined)) }
  },
})

function tagOf(run: string): string {
  return `unwind:${run}`
}

async function find(run: string, startedAt: number, context: Context): Promise<string | undefined> {
  const around = { from: String(startedAt - 60_000), to: String(Date.now() + 60_000), limit: '10' }
  const query = new URLSearchParams({ ...around, tags: tagOf(run) })
  const [found] = listAt(await request('GET', `/api/annotations?${query.toString()}`, context))
  const id = at(found, 'id')
  return typeof id === 'number' ? String(id) : undefined
}

/** Grafana shows it as HTML. */
function textOf({ notice, text, quiet }: Message): string {
  const said = quiet && notice ? notice.headline : text
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

async function request(method: 'GET' | 'POST' | 'PATCH', path: string, context: Context, body?: object) {
  const headers = { authorization: `Bearer ${await context.secret('token')}` }
  const asked = { who: 'Grafana', origin: context.settings.origin, path, method, headers, signal: context.signal }
  return (await ask({ ...asked, ...(body && { body }) })).json
}
