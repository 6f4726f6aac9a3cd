import { JiraChannel } from '../../../model/channels.ts'
import { UnwindError } from '../../../model/errors.ts'
import { ask, expected, listAt, textAt } from '../../ask.ts'
import { type ChannelContext, defineChannel } from '../channel.ts'
import { ticketOf } from '../ticket.ts'
import { type Adf, documentOf, kept } from './adf.ts'

type Context = ChannelContext<typeof JiraChannel>

/**
 * One issue per run, found again by a label that it gets when it is created. What people wrote above the line of Unwind
 * stays; below it the report is written anew. https://developer.atlassian.com/cloud/jira/platform/rest/v3
 */
export const jira = defineChannel({
  schema: JiraChannel,
  async upsert(key, message, context) {
    const run = message.notice?.run ?? key
    const { title, body } = ticketOf(message, run)
    const ours = documentOf(body)
    const known = context.known ?? (await find(run, context))
    if (known === undefined) {
      const { project, issueType } = context.settings
      const named = { project: { key: project }, issuetype: { name: issueType } }
      const labels = ['unwind', labelOf(run)]
      const fields = { ...named, summary: title, description: ours, labels }
      return knownOf(expected('Jira', textAt(await request('POST', 'issue', context, { fields }), 'key')), context)
    }
    // Where the run stands is told until the issue holds a report.
    if (message.notice?.report || !message.quiet) {
      const issue = (await request('GET', `issue/${encodeURIComponent(known)}?fields=summary,description`, context)) as
        | { fields?: { description?: Adf | null } }
        | undefined
      const fields = { summary: title, description: kept(issue?.fields?.description ?? undefined, ours) }
      if (message.notice?.report || !hasReport(issue?.fields?.description))
        await request('PUT', `issue/${encodeURIComponent(known)}`, context, { fields })
    }
    return knownOf(known, context)
  },
})

function hasReport(document: unknown): boolean {
  return JSON.stringify(document ?? '').includes('Post-mortem: ')
}

function labelOf(run: string): string {
  return `unwind-${run}`
}

async function find(run: string, context: Context): Promise<string | undefined> {
  const jql = `project = ${context.settings.project} AND labels = "${labelOf(run)}"`
  const found = await request('POST', 'search/jql', context, { jql, fields: ['summary'], maxResults: 2 })
  return textAt(listAt(found, 'issues')[0], 'key')
}

function knownOf(key: string, { settings }: Context): { known: string; url: string } {
  return { known: key, url: `${settings.origin}/browse/${encodeURIComponent(key)}` }
}

async function request(method: 'GET' | 'POST' | 'PUT', path: string, context: Context, body?: object) {
  const { user } = context
  if (user === undefined)
    throw new UnwindError(
      'CONFIGURATION_INVALID',
      'a Jira channel needs worker.channels.<name>.user, an e-mail address',
    )
  const basic = Buffer.from(`${user}:${await context.secret('token')}`).toString('base64')
  const { origin } = context.settings
  const asked = { who: 'Jira', origin, path: `/rest/api/3/${path}`, method, signal: context.signal }
  return (await ask({ ...asked, headers: { authorization: `Basic ${basic}` }, ...(body && { body }) })).json
}
