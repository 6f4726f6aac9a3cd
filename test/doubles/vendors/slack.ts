import { contractOf, documented, list, object, oneOf, text } from '../contract.ts'
import { type Answered, type Asked, type Double, startDouble } from '../double.ts'

interface Posted {
  ts: string
  thread_ts?: string
  text: string
  blocks?: unknown[]
  metadata?: { event_type: string; event_payload: { key: string } }
}

/** Slack's Web API, as far as the channel uses it. */
export interface Slack extends Double {
  messages: Posted[]
}

const TOKEN = 'xoxb-of-a-test'
const plain = object({ type: oneOf('plain_text'), text: text(3_000) }, { emoji: oneOf(true, false) })
const mrkdwn = object({ type: oneOf('mrkdwn'), text: text(3_000) })
const button = object(
  { type: oneOf('button'), text: plain, action_id: text(255), value: text(2_000) },
  { style: oneOf('primary', 'danger') },
)
/** https://docs.slack.dev/reference/block-kit/blocks */
const block = {
  anyOf: [
    object({ type: oneOf('header'), text: plain }),
    object({ type: oneOf('section'), text: plain }),
    object({ type: oneOf('section'), fields: list(plain, 10) }),
    object({ type: oneOf('actions'), elements: list(button, 25) }, { block_id: text(255) }),
    object({ type: oneOf('context'), elements: list(mrkdwn, 10) }),
  ],
}
const metadata = object({ event_type: text(), event_payload: { type: 'object' } })
const content = { text: text(40_000), blocks: list(block, 50), metadata }
const quiet = { unfurl_links: oneOf(false), unfurl_media: oneOf(false), link_names: oneOf(false), mrkdwn: oneOf(false) }
const answers = { 200: object({ ok: oneOf(true, false) }, {}, false) }

/** https://docs.slack.dev/reference/methods: chat.postMessage, chat.update, chat.getPermalink, conversations.history and .replies. */
const description = documented({
  'POST /api/chat.postMessage': {
    body: object({ channel: text(), text: text(40_000) }, { ...content, thread_ts: text(), ...quiet }),
    answers,
  },
  'POST /api/chat.update': { body: object({ channel: text(), ts: text() }, content), answers },
  'POST /api/chat.getPermalink': { body: object({ channel: text(), message_ts: text() }), answers },
  'POST /api/conversations.history': {
    body: object(
      { channel: text(), limit: text(), include_all_metadata: oneOf('true') },
      { oldest: text(), cursor: text() },
    ),
    answers,
  },
  'POST /api/conversations.replies': {
    body: object(
      { channel: text(), ts: text(), limit: text(), include_all_metadata: oneOf('true') },
      { cursor: text() },
    ),
    answers,
  },
})

export async function startSlack(): Promise<Slack> {
  const messages: Posted[] = []
  const double = await startDouble({
    contract: contractOf(description),
    isWrite: ({ path }) => /chat\.(?:postMessage|update)$/.test(path),
    answer: (asked) => answer(messages, asked),
  })
  return Object.assign(double, { messages })
}

function answer(messages: Posted[], { path, headers, body }: Asked): Answered {
  if (headers.authorization !== `Bearer ${TOKEN}`) return refused('invalid_auth')
  const given = body as Record<string, string> & Posted
  switch (path.replace('/api/', '')) {
    case 'chat.postMessage': {
      const { text: words, blocks, metadata: mark, thread_ts } = given
      const posted = { text: words, blocks, metadata: mark, thread_ts, ts: `${1_700_000_000 + messages.length}.000100` }
      messages.push(posted as Posted)
      return ok({ channel: given['channel'], ts: posted.ts, message: posted })
    }
    case 'chat.update': {
      const found = messages.find(({ ts }) => ts === given.ts)
      if (!found) return refused('message_not_found')
      Object.assign(found, { text: given.text, blocks: given.blocks, metadata: given.metadata ?? found.metadata })
      return ok({ channel: given['channel'], ts: found.ts, text: found.text })
    }
    case 'chat.getPermalink':
      return ok({ permalink: `https://example.slack.com/archives/${given['channel']}/p${given['message_ts']}` })
    case 'conversations.replies':
      return ok({ messages: messages.filter(({ ts, thread_ts }) => ts === given.ts || thread_ts === given.ts) })
    default:
      return ok({ messages: messages.filter(({ thread_ts }) => thread_ts === undefined).toReversed(), has_more: false })
  }
}

function ok(body: object): Answered {
  return { status: 200, body: { ok: true, ...body } }
}

function refused(error: string): Answered {
  return { status: 200, body: { ok: false, error } }
}
