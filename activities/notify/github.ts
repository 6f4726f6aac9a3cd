import { GitHubChannel } from '../../model/channels.ts'
import { ask, at, expected, listAt, textAt } from '../ask.ts'
import { apiBase, githubHeaders } from '../github/address.ts'
import { type ChannelContext, defineChannel } from './channel.ts'
import { changes, markOf, rewritten, ticketOf } from './ticket.ts'

type Context = ChannelContext<typeof GitHubChannel>

/** One issue per run, found again by its label and a mark in its text. People close it. https://docs.github.com/rest */
export const github = defineChannel({
  schema: GitHubChannel,
  async upsert(key, message, context) {
    const run = message.notice?.run ?? key
    const issue = await (context.known === undefined ? find(run, message.notice?.startedAt, context) : read(context))
    const { title, body } = ticketOf(message, run)
    if (issue === undefined)
      return knownOf(await request('POST', 'issues', context, { title, body, labels: [context.settings.label] }))
    const before = textAt(issue, 'body') ?? ''
    if (!changes(message, before)) return knownOf(issue)
    const after = rewritten(before, message, run)
    if (after !== before || textAt(issue, 'title') !== title)
      await request('PATCH', `issues/${String(at(issue, 'number'))}`, context, { title, body: after })
    return knownOf(issue)
  },
})

/** Pages of issues that are looked through. Lists by label know a new issue at once; the search index does not. */
const PAGES = 5

async function find(run: string, startedAt: number | undefined, context: Context): Promise<unknown> {
  const query = new URLSearchParams({ labels: context.settings.label, state: 'all', per_page: '100' })
  if (startedAt !== undefined) query.set('since', new Date(startedAt - 60_000).toISOString())
  for (let page = 1; page <= PAGES; page++) {
    query.set('page', String(page))
    const issues = listAt(await request('GET', `issues?${query.toString()}`, context))
    const found = issues.find((issue) => textAt(issue, 'body')?.includes(markOf(run)))
    if (found !== undefined || issues.length < 100) return found
  }
  return undefined
}

function read(context: Context): Promise<unknown> {
  return request('GET', `issues/${encodeURIComponent(context.known ?? '')}`, context)
}

function knownOf(issue: unknown): { known: string; url?: string } {
  const url = textAt(issue, 'html_url')
  const number = expected('GitHub', at(issue, 'number') as number | undefined)
  return { known: String(number), ...(url?.startsWith('http') && { url }) }
}

async function request(method: 'GET' | 'POST' | 'PATCH', path: string, context: Context, body?: object) {
  const { origin, repository } = context.settings
  const headers = githubHeaders(await context.secret('token'))
  const asked = { who: 'GitHub', origin, path: `${apiBase(origin)}/repos/${repository}/${path}`, method, headers }
  return (await ask({ ...asked, signal: context.signal, ...(body && { body }) })).json
}
