import type { Untold } from '../model/runbook/progress.ts'
import { notify } from './activities.ts'
import { note, type Run } from './record.ts'

const FAILED = 'could not tell'

/** Runs of earlier versions tell all channels of a message in one call, and nothing of the run but its text. */
export function sendAll(run: Run, channels: readonly string[], event: string, text: string): void {
  const seq = run.state.timeline.at(-1)?.seq ?? 0
  const message = { key: `${run.state.runId}/${event}/${seq}`, channels: [...channels], event, text }
  run.state.untold = [...(run.state.untold ?? []), message]
  send(run, message)
}

/** Sends again what their earlier executions have not seen confirmed. */
export function sendAgain(run: Run): void {
  for (const message of run.state.untold ?? []) send(run, message)
}

/** What became of a message, in the timeline. Reminders stand there already, and may be many. */
export function toldNote(run: Run, { event, channels }: Untold, failed: string | undefined): void {
  if (event === 'reminded' && failed === undefined) return
  note(run, 'told', `${event}: ${failed === undefined ? `told ${channels.join(', ')}` : `${FAILED} ${failed}`}`)
}

function send(run: Run, message: Untold): void {
  const { service, environment } = run.input
  notify({ ...message, service, environment }).then(
    ({ channels }) => {
      const deaf = channels.filter(({ ok }) => !ok)
      const failed = deaf.map(({ name, because }) => `${name}${because ? ` (${because})` : ''}`).join(', ')
      told(run, message, failed || undefined)
    },
    () => told(run, message, message.channels.join(', ')),
  )
}

function told(run: Run, message: Untold, failed: string | undefined): void {
  const left = (run.state.untold ?? []).filter(({ key }) => key !== message.key)
  if (left.length > 0) run.state.untold = left
  else delete run.state.untold
  toldNote(run, message, failed)
}
