import { SlackChannel } from '../../../model/channels.ts'
import { type ChannelContext, defineChannel, type Message } from '../channel.ts'
import { at, listAt, textAt } from '../../ask.ts'
import { blocksOf, escaped } from './blocks.ts'
import { call, MISSING } from './call.ts'

type Context = ChannelContext<typeof SlackChannel>

/**
 * One message per run, whose text and buttons change with it, and a reply in its thread per event. Slack knows no key of
 * a client's: what an earlier attempt left is found by the metadata that every message of ours carries.
 */
export const slack = defineChannel({
  schema: SlackChannel,
  async upsert(key, message, context) {
    const token = await context.secret('token')
    const ts = await show(key, message, context, token)
    if (!message.quiet) await reply(key, ts, message, context, token)
    return { known: ts, ...(await linkOf(ts, context, token)) }
  },
})

/** Changes the run's message, the one that is known or the one that is found, or posts it; answers its time stamp. */
async function show(key: string, message: Message, context: Context, token: string): Promise<string> {
  const { channel } = context.settings
  const run = message.notice?.run ?? key
  const metadata = { event_type: 'unwind_run', event_payload: { key: run } }
  const content = { ...blocksOf(message, context.settings.buttons), metadata }
  const ts = context.known ?? (await find(run, message, context, token))
  if (ts !== undefined) {
    const changed = await call('chat.update', { channel, ts, ...content }, context, token)
    if (changed !== MISSING) return ts
  }
  const posted = await call('chat.postMessage', { channel, ...content, ...QUIET }, context, token)
  return textAt(posted, 'ts') ?? ''
}

/** Nothing in a text is made a link, a mention or a preview. */
const QUIET = { unfurl_links: false, unfurl_media: false, link_names: false, mrkdwn: false }
/** Pages of a conversation that are looked through for a message of ours. */
const PAGES = 10

async function find(run: string, { notice }: Message, context: Context, token: string): Promise<string | undefined> {
  const oldest = notice ? String(Math.floor(notice.startedAt / 1_000) - 60) : undefined
  const asked = { channel: context.settings.channel, ...(oldest !== undefined && { oldest }) }
  return findMarked('conversations.history', asked, run, context, token)
}

async function reply(key: string, ts: string, message: Message, context: Context, token: string): Promise<void> {
  const { channel } = context.settings
  if (context.again) {
    const found = await findMarked('conversations.replies', { channel, ts }, key, context, token)
    if (found !== undefined) return
  }
  const metadata = { event_type: 'unwind_event', event_payload: { key } }
  const content = { channel, thread_ts: ts, text: escaped(message.text), metadata, ...QUIET }
  await call('chat.postMessage', content, context, token)
}

async function findMarked(
  method: string,
  asked: Record<string, string>,
  key: string,
  context: Context,
  token: string,
): Promise<string | undefined> {
  let cursor = ''
  for (let page = 0; page < PAGES; page++) {
    const query = { ...asked, limit: '100', include_all_metadata: 'true', ...(cursor && { cursor }) }
    const answer = await call(method, new URLSearchParams(query), context, token)
    const ours = listAt(answer, 'messages').find((each) => at(each, 'metadata', 'event_payload', 'key') === key)
    if (ours !== undefined) return textAt(ours, 'ts')
    cursor = textAt(answer, 'response_metadata', 'next_cursor') ?? ''
    if (!cursor) return undefined
  }
  return undefined
}

/** Only the first time: a link is good to have, and not having it fails nothing. */
async function linkOf(ts: string, context: Context, token: string): Promise<{ url?: string }> {
  if (context.known !== undefined) return {}
  const query = new URLSearchParams({ channel: context.settings.channel, message_ts: ts })
  const answer = await call('chat.getPermalink', query, context, token).catch(() => undefined)
  const url = textAt(answer, 'permalink')
  return url?.startsWith('https://') ? { url } : {}
}
