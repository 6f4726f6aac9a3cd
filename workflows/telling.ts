import { condition, sleep } from '@temporalio/workflow'
import type { Told } from '../model/calls.ts'
import { notice } from '../model/notices/notice.ts'
import type { Telling } from '../model/run.ts'
import type { Untold } from '../model/runbook/progress.ts'
import { openOutbox, post } from './outbox.ts'
import type { Run } from './record.ts'
import { sendAgain, sendAll, toldNote } from './telling-together.ts'

/** So long the end of a run waits for messages that are on their way, in milliseconds; then the follow-up has them. */
const PARTING = 1_000
/** The same in runs of earlier versions, which give them up then. */
const PARTING_TOGETHER = 20_000

/** Tells these channels in the background: nothing waits for it, and nothing that goes wrong there reaches the run. */
export function tell(run: Run, channels: readonly string[] | undefined, event: string, text: string): void {
  if (!channels || channels.length === 0) return
  if (!run.outbox) return sendAll(run, channels, event, text)
  for (const name of new Set(channels)) enqueue(run, name, { event, text })
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

/** Shows where the run stands now, wherever a channel shows it: no new message, nobody is addressed. */
export function refresh(run: Run, event: string): void {
  if (!run.outbox) return
  for (const name of Object.keys(run.state.heard ?? {})) enqueue(run, name, { event, text: '', quiet: true })
}

/** Opens the ticket of the run, or closes it with the last report: nothing else is written there. */
export function report(run: Run, event: string, text: string): void {
  if (!run.outbox) return
  for (const name of run.input.runbook?.communicate.ticket ?? []) enqueue(run, name, { event, text, report: true })
}

/** Sends what an earlier execution of this run has not seen confirmed. The key keeps people from hearing it twice. */
export function tellAgain(run: Run): void {
  const { telling } = run.input
  if (!telling) return sendAgain(run)
  const { service, environment } = run.input
  const settled = (message: Untold, told: Told) => answered(run, message, told)
  run.outbox = openOutbox({ place: { service, environment }, record: run.state, settled })
  if (Object.values(run.input.runbook?.communicate ?? {}).some((names) => names.length > 0))
    void keepTelling(run, telling)
}

/** Waits for the messages that are on their way, but hardly: the lock of the service is held meanwhile. */
export async function parting({ state, outbox }: Run): Promise<void> {
  if (!state.untold) return
  const limit = outbox ? PARTING : PARTING_TOGETHER
  await condition(() => state.untold === undefined, limit, { summary: 'Wait for the last messages' })
}

/** Whoever has heard of the run hears of it again at the promised time, also when nothing has happened. */
async function keepTelling(run: Run, { every }: Telling): Promise<void> {
  const { state } = run
  while (!state.outcome) {
    state.nextUpdate ??= Date.now() + every
    await sleep(Math.max(1, state.nextUpdate - Date.now()), { summary: 'Until the next update' })
    if (state.outcome) return
    state.nextUpdate = Date.now() + every
    refresh(run, 'update')
  }
}

function enqueue(
  { input, state, outbox }: Run,
  name: string,
  message: { event: string; text: string; quiet?: true; report?: boolean },
): void {
  if (!outbox) return
  const { event, text, quiet, report: whole = false } = message
  const seq = state.timeline.at(-1)?.seq ?? 0
  const url = input.telling?.url && `${input.telling.url}?run=${state.runId}`
  const about = { url, ticket: state.ticket, next: state.nextUpdate, now: Date.now(), report: whole }
  const key = `${state.runId}/${event}/${seq}`
  post(outbox, { key, channels: [name], event, text, notice: notice(state, about), ...(quiet && { quiet }) })
}

function answered(run: Run, message: Untold, { name, ok, because, url }: Told): void {
  const tickets = run.input.runbook?.communicate.ticket ?? []
  if (ok && url && tickets.includes(name) && run.state.ticket === undefined) {
    run.state.ticket = url
    refresh(run, 'ticket')
  }
  // Where a run stands is shown often, and is no event.
  if (ok && message.quiet) return
  toldNote(run, message, ok ? undefined : `${name}${because ? ` (${because})` : ''}`)
}
