import { TeamsChannel } from '../../model/channels.ts'
import { UnwindError } from '../../model/errors.ts'
import { ask } from '../ask.ts'
import { defineChannel, type Message } from './channel.ts'

/**
 * One Adaptive Card per event, by the webhook of a workflow ("When a Teams webhook request is received"). Such a webhook
 * knows no key and shows nothing of what it took, so a card that may have arrived is not sent again: at most once.
 * https://learn.microsoft.com/power-automate/teams/create-flows-webhook
 */
export const teams = defineChannel({
  schema: TeamsChannel,
  async upsert(_key, message, context) {
    if (message.quiet) return undefined
    if (context.again)
      throw new UnwindError('TARGET_REJECTED', 'whether Teams has the card is not known, so it is not sent again')
    const url = new URL(await context.secret('url'))
    const { origin } = context.settings
    if (url.origin !== new URL(origin).origin)
      throw new UnwindError('TARGET_MISMATCH', `the address of the Teams webhook leads away from ${origin}; correct it`)
    const asked = { who: 'Teams', origin, path: `${url.pathname}${url.search}`, method: 'POST' as const }
    await ask({ ...asked, signal: context.signal, body: attachment(message) }).catch((error: unknown) => {
      // Power Automate answers 202, and some flows with text of their own.
      if (error instanceof Error && error.message.endsWith('something else than JSON')) return undefined
      throw error
    })
    return undefined
  },
})

function attachment(message: Message): object {
  const content = card(message)
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] }
}

/** Adaptive Card 1.4. A TextBlock reads Markdown, so text of people and systems is escaped. */
function card({ event, notice, text, service, environment }: Message): object {
  const block = (words: string, more: object = {}) => ({ type: 'TextBlock', text: words, wrap: true, ...more })
  const facts = (notice?.facts ?? []).map(([title, value]) => ({ title, value: escaped(value) }))
  const links = [
    { title: 'Run', url: notice?.url },
    { title: 'Ticket', url: notice?.ticket },
  ].filter(({ url }) => url?.startsWith('http'))
  return {
    ...{ $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4' },
    body: [
      block(escaped(notice?.title ?? `${service} in ${environment}`), { weight: 'Bolder', size: 'Medium' }),
      block(escaped(text)),
      block(escaped(event), { size: 'Small' }),
      ...(facts.length > 0 ? [{ type: 'FactSet', facts }] : []),
      ...(notice?.need ? [block(escaped(`Needs a person: ${notice.need.text}`), { color: 'Attention' })] : []),
    ],
    ...(links.length > 0 && { actions: links.map((link) => ({ type: 'Action.OpenUrl', ...link })) }),
  }
}

/** The subset of Markdown that cards read: emphasis, lists, links. */
function escaped(text: string): string {
  return text.replaceAll(/[\\*_[\]()`#>|~-]/g, (sign) => `\\${sign}`)
}
