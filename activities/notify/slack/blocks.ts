import type { Notice } from '../../../model/notices/notice.ts'
import type { Message } from '../channel.ts'

/** A message in Block Kit, and as one line for notifications. */
export interface Content {
  text: string
  blocks: object[]
}

const HEADER_LIMIT = 150
const TEXT_LIMIT = 3_000
/** Fields of one section. */
const FIELDS_LIMIT = 10

/**
 * The run as Slack shows it. Text of people and systems is plain text everywhere, so that it forges no mention, link or
 * markup. Limits by https://docs.slack.dev/reference/block-kit/blocks.
 */
export function blocksOf(message: Message, buttons: boolean): Content {
  const { notice, text } = message
  if (!notice) return { text: escaped(text), blocks: [section(text)] }
  const facts = notice.facts.filter(([name]) => name !== 'Ticket').slice(0, FIELDS_LIMIT)
  const links = linksOf(notice)
  return {
    text: escaped(notice.headline),
    blocks: [
      { type: 'header', text: plain(notice.title, HEADER_LIMIT) },
      section(notice.headline),
      ...(facts.length > 0
        ? [{ type: 'section', fields: facts.map(([name, value]) => plain(`${name}: ${value}`, 2_000)) }]
        : []),
      ...(notice.steps.length > 0 ? [section(notice.steps.join('\n'))] : []),
      ...(notice.need ? [section(`Needs a person: ${notice.need.text}`)] : []),
      ...(buttons ? actionsOf(message, notice) : []),
      ...(links ? [{ type: 'context', elements: [{ type: 'mrkdwn', text: links }] }] : []),
    ],
  }
}

/** What a press of a button is answered with: which run, and which plan was looked at. At most 2000 characters. */
export interface Press {
  environment: string
  service: string
  run: string
  planDigest: string
  stepId?: string
}

function actionsOf({ environment, service }: Message, { need, run }: Notice): object[] {
  if (!need?.approval) return []
  const press: Press = { environment, service, run, ...need.approval }
  const value = JSON.stringify(press)
  const button = (decision: 'approve' | 'reject', label: string, style: string) => ({
    ...{ type: 'button', action_id: `unwind_${decision}`, style, value },
    text: plain(label, 75),
  })
  const elements = [button('approve', 'Approve', 'primary'), button('reject', 'Reject', 'danger')]
  return [{ type: 'actions', block_id: 'unwind_approval', elements }]
}

function linksOf({ url, ticket }: Notice): string {
  const link = (address: string | undefined, label: string) =>
    address && /^https?:\/\/[^\s<>|]+$/.test(address) ? [`<${escaped(address)}|${label}>`] : []
  return [...link(url, 'Run'), ...link(ticket, 'Ticket')].join(' · ')
}

function section(text: string): object {
  return { type: 'section', text: plain(text, TEXT_LIMIT) }
}

function plain(text: string, limit: number): object {
  const short = text.length > limit ? `${text.slice(0, limit - 1)}…` : text
  return { type: 'plain_text', text: short || '–', emoji: false }
}

/** Text in mrkdwn: the three characters that begin a mention, a link or an entity. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
