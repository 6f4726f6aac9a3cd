import { condition } from '@temporalio/workflow'
import type { Untold } from '../model/runbook/progress.ts'
import { notify } from './activities.ts'
import { note, type Run } from './record.ts'

/** So long the end of a run waits for messages that are on their way, in milliseconds; then they are given up. */
const PARTING = 20_000
const FAILED = 'could not tell'

/** Tells these channels in the background: nothing waits for it, and nothing that goes wrong there reaches the run. */
export function tell(run: Run, channels: readonly string[] | undefined, event: string, text: string): void {
  if (!channels || channels.length === 0) return
  const seq = run.state.timeline.at(-1)?.seq ?? 0
  const message = { key: `${run.state.runId}/${event}/${seq}`, channels: [...channels], event, text }
  run.state.untold = [...(run.state.untold ?? []), message]
  send(run, message)
}

/** Tells those who are to be paged when a person is needed. */
export function page(run: Run, event: string, text: string): void {
  tell(run, run.input.runbook?.communicate.needsPerson, event, text)
}

/** Tells the contact for escalations; false where the runbook names none. */
export function escalate(run: Run, text: string): boolean {
  const contact = run.input.runbook?.contacts['escalation']
  if (contact === undefined) return false
  tell(run, [contact], 'escalated', text)
  return true
}

/** Sends what an earlier execution of this run has not seen confirmed. The key keeps people from hearing it twice. */
export function tellAgain(run: Run): void {
  for (const message of run.state.untold ?? []) send(run, message)
}

/** Waits for the messages that are on their way, but not for long. */
export async function parting({ state }: Run): Promise<void> {
  if (!state.untold) return
  await condition(() => state.untold === undefined, PARTING, { summary: 'Wait for the last messages' })
}

function send(run: Run, message: Untold): void {
  const { service, environment } = run.input
  notify({ ...message, service, environment }).then(
    ({ channels }) => {
      const deaf = channels.filter(({ ok }) => !ok)
      const failed = deaf.map(({ name, because }) => `${name}${because ? ` (${because})` : ''}`).join(', ')
      told(run, message, failed ? `${FAILED} ${failed}` : `told ${message.channels.join(', ')}`)
    },
    () => told(run, message, `${FAILED} ${message.channels.join(', ')}`),
  )
}

function told(run: Run, message: Untold, text: string): void {
  const left = (run.state.untold ?? []).filter(({ key }) => key !== message.key)
  if (left.length > 0) run.state.untold = left
  else delete run.state.untold
  // Reminders stand in the timeline already, and may be many.
  if (message.event !== 'reminded' || text.startsWith(FAILED)) note(run, 'told', `${message.event}: ${text}`)
}
