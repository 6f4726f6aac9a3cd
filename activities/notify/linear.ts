import { createHash } from 'node:crypto'
import { LinearChannel } from '../../model/channels.ts'
import { UnwindError } from '../../model/errors.ts'
import { ask, at, listAt, textAt } from '../ask.ts'
import { type ChannelContext, defineChannel } from './channel.ts'
import { changes, rewritten, ticketOf } from './ticket.ts'

type Context = ChannelContext<typeof LinearChannel>

/**
 * One issue per run. Its id is made from the run's, and Linear takes ids from its clients: what was created can't be
 * created again. https://linear.app/developers/graphql
 */
export const linear = defineChannel({
  schema: LinearChannel,
  async upsert(key, message, context) {
    const run = message.notice?.run ?? key
    const id = idOf(run)
    const issue = at(await query(READ, { id }, context), 'issue')
    const { title, body } = ticketOf(message, run)
    if (issue === null || issue === undefined) {
      const input = { id, teamId: context.settings.team, title, description: body }
      const made = at(await query(CREATE, { input }, context), 'issueCreate', 'issue')
      return knownOf(id, made)
    }
    const before = textAt(issue, 'description') ?? ''
    if (!changes(message, before)) return knownOf(id, issue)
    const after = rewritten(before, message, run)
    if (after !== before || textAt(issue, 'title') !== title)
      await query(UPDATE, { id, input: { title, description: after } }, context)
    return knownOf(id, issue)
  },
})

const READ = 'query Issue($id: String!) { issue(id: $id) { id url title description } }'
const CREATE =
  'mutation Open($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id url title description } } }'
const UPDATE =
  'mutation Change($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success } }'

/** A UUID of version 5 in the namespace of URLs (RFC 9562): the same run gives the same one. */
function idOf(run: string): string {
  const namespace = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')
  const hash = createHash('sha1').update(namespace).update(`unwind:${run}`).digest().subarray(0, 16)
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function knownOf(id: string, issue: unknown): { known: string; url?: string } {
  const url = textAt(issue, 'url')
  return { known: id, ...(url?.startsWith('https://') && { url }) }
}

async function query(text: string, variables: object, context: Context): Promise<unknown> {
  const { json } = await ask({
    ...{ who: 'Linear', origin: context.settings.origin, path: '/graphql', method: 'POST', signal: context.signal },
    headers: { authorization: await context.secret('token') },
    body: { query: text, variables },
  })
  const [error] = listAt(json, 'errors')
  if (error === undefined) return at(json, 'data')
  const type = textAt(error, 'extensions', 'type') ?? ''
  // An issue that doesn't exist is an error of the query, not an empty answer.
  if (text === READ && /not found/i.test(textAt(error, 'message') ?? '')) return undefined
  if (type === 'ratelimited') throw new UnwindError('TARGET_UNREACHABLE', 'Linear is asked too often')
  if (/authentication|forbidden/.test(type))
    throw new UnwindError('TARGET_FORBIDDEN', 'Linear refuses the token; see it and its rights')
  throw new UnwindError('TARGET_REJECTED', 'Linear does not take the issue; see the team of the channel')
}
