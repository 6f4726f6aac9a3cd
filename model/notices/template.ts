import type { Notice } from './notice.ts'

/** What a template may name. Anything else stays empty. */
const WORDS: readonly string[] = [
  ...['service', 'environment', 'event', 'text', 'headline', 'reason', 'incident', 'phase', 'outcome'],
  ...['from', 'to', 'claimed', 'url', 'ticket', 'next', 'elapsed'],
]

/** The text of a message: that of the template of its event, of the one for all, or its own. */
export function textOf(
  templates: Readonly<Record<string, string>> | undefined,
  message: { event: string; text: string; service: string; environment: string; notice?: Notice },
): string {
  const own = (name: string) => (templates && Object.hasOwn(templates, name) ? templates[name] : undefined)
  const template = own(message.event) ?? own('*')
  if (template === undefined) return message.text
  const { words = {} } = message.notice ?? {}
  const values: Record<string, string> = { ...words, ...said(message) }
  return template.replaceAll(/\{\{\s*([a-z]+)\s*\}\}/g, (_, name: string) =>
    WORDS.includes(name) ? (values[name] ?? '') : '',
  )
}

function said({ event, text, service, environment }: Parameters<typeof textOf>[1]): Record<string, string> {
  return { event, text, service, environment }
}
