import type { Notice } from '../../model/notices/notice.ts'
import { postmortem, regenerate } from '../../model/postmortem.ts'
import { safe } from '../../model/report/text.ts'
import type { Message } from './channel.ts'

/** What an issue says, in Markdown, and how it is found again. */
export interface Ticket {
  title: string
  body: string
}

const BODY_LIMIT = 60_000

/** The mark by which the issue of a run is found again; it is no secret, and shows in no rendering. */
export function markOf(run: string): string {
  return `<!-- unwind:run ${run} -->`
}

/** The issue of a run: its post-mortem where the message brings the report, else where the run stands. */
export function ticketOf(message: Message, run: string): Ticket {
  const { notice, service, environment, text } = message
  const title = notice?.title ?? `${service} in ${environment}`
  const body = notice?.report ? postmortem(notice.report) : notice ? standing(notice, text) : safe(text)
  return { title: title.slice(0, 250), body: bounded(`${body}\n${markOf(run)}\n`, run) }
}

/** What stands there with its generated parts written anew; all else is people's and stays. */
export function rewritten(before: string, message: Message, run: string): string {
  const { report } = message.notice ?? {}
  const again = report && regenerate(before, report)
  return bounded(again && 'text' in again ? again.text : ticketOf(message, run).body, run)
}

/** Whether a message changes an issue that stands: reports do; where the run stands is only told until there is one. */
export function changes(message: Message, before: string): boolean {
  return message.notice?.report !== undefined || !before.includes('<!-- unwind:begin ')
}

function standing({ headline, facts, steps, need, url }: Notice, text: string): string {
  const rows = facts.map(([name, value]) => `- ${name}: ${safe(value)}`)
  const lines = [safe(headline), safe(text), rows.join('\n'), steps.map((step) => `- ${safe(step)}`).join('\n')]
  const asked = need ? `Needs a person: ${safe(need.text)}` : ''
  return [...lines, asked, url?.startsWith('http') ? url : ''].filter(Boolean).join('\n\n')
}

/** Systems refuse what is too long; what is cut off is in the report. The mark stays. */
function bounded(body: string, run: string): string {
  if (body.length <= BODY_LIMIT) return body
  return `${body.slice(0, BODY_LIMIT)}\n\n_Cut off: \`unwind report\` has all of it._\n\n${markOf(run)}\n`
}
