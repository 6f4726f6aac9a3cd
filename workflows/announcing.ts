import { notify } from './activities.ts'
import type { Proposal } from './proposing.ts'

/** Tells people; nobody can be made to hear, and nothing waits for it but the proposal itself. */
export async function tell(run: Proposal, event: string, text: string): Promise<void> {
  const { runbook } = run.input.run
  const channels = runbook?.communicate.needsPerson ?? ['log']
  const { id, service, environment } = run.state
  if (channels.length === 0) return
  const message = {
    key: `${id}/${event}`,
    channels: [...channels],
    event,
    text: text.slice(0, 2_000),
    service,
    environment,
  }
  await notify(message).catch(() => undefined)
}

/** What alerts, as every message begins. */
export function headOf({ state }: Proposal): string {
  const { trigger, alert, service, environment } = state
  return `${service} in ${environment} alerts (${trigger.id}${alert.summary ? `: ${alert.summary}` : ''})`
}

/** Why it does not start by itself. */
export function reasons({ state }: Proposal): string {
  return state.refusals.map(({ code, text }) => `${code}: ${text}`).join('; ')
}

/** What would be done, on one line. */
export function planned({ state }: Proposal): string {
  const { lines = [], warnings = [], lost = [] } = state.planned ?? {}
  const more = [
    ...(warnings.length > 0 ? [`warnings: ${warnings.join(', ')}`] : []),
    ...(lost.length > 0 ? [`lost: ${lost.join(', ')}`] : []),
  ]
  return [lines.join('; '), ...more].join('; ')
}

/** What to type, and where to read it. */
export function howTo({ input, state }: Proposal): string {
  const where = input.url ? ` (${input.url})` : ''
  return `unwind proposal accept ${state.environment}/${state.service} ${state.id}${where}`
}
