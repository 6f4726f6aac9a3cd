import { patched, sleep, workflowInfo } from '@temporalio/workflow'
import type { NotifyCall, Told } from '../model/calls.ts'
import type { Heard, Untold } from '../model/runbook/progress.ts'
import { deliver, pause as pauseBeside } from './activities.ts'

/** Messages of one channel that wait are never more; the oldest are given up. */
const QUEUE = 20
/** So often, with growing pauses, a message is tried: about a quarter of an hour in all. */
const TRIES = 20
const LONGEST_PAUSE = 60_000
/**
 * A worker may still be at a message that an earlier execution sent, for as long as one attempt may take. Until then it is
 * not sent again: two at once would each find nothing, and both would post.
 */
const STRAY = 16_000

/** The messages of a run: one after the other per channel, so that each finds what the one before it has left. */
export interface Outbox {
  readonly place: Pick<NotifyCall, 'service' | 'environment'>
  /** Part of the record: messages without confirmation, and what the channels keep of the run. */
  readonly record: { untold?: Untold[]; heard?: Record<string, Heard> }
  /** Channels whose messages are being sent by this execution. */
  readonly busy: Set<string>
  /** Another workflow sends what is left: this one sends nothing any more. */
  handedOver?: true
  /** Called for a message once it has arrived or has been given up. */
  settled(message: Untold, told: Told): void
}

/** An empty outbox, or the one that an earlier execution left. */
export function openOutbox(outbox: Omit<Outbox, 'busy' | 'handedOver'>): Outbox {
  const opened: Outbox = { ...outbox, busy: new Set<string>() }
  const started = workflowInfo().startTime.getTime()
  for (const message of outbox.record.untold ?? []) if (message.sentAt !== undefined) message.sentAt = started
  for (const name of channelsOf(opened)) drain(opened, name)
  return opened
}

/** Sends it once it is its turn. A message that only shows anew where the run stands takes the place of one like it. */
export function post(outbox: Outbox, message: Untold): void {
  const { record, busy } = outbox
  const [name = ''] = message.channels
  const waiting = (record.untold ?? []).filter((other) => !(message.quiet && isLike(other, name)))
  const queued = waiting.filter(({ channels, sentAt }) => channels[0] === name && sentAt === undefined)
  const [oldest] = queued
  const full = queued.length >= QUEUE && oldest
  record.untold = [...waiting.filter((other) => other !== (full ? oldest : undefined)), message]
  if (full) outbox.settled(oldest, { name, ok: false, because: 'too many messages wait for this channel' })
  if (!busy.has(name) && !outbox.handedOver) drain(outbox, name)
}

function isLike(other: Untold, name: string): boolean {
  return other.quiet === true && other.sentAt === undefined && other.channels[0] === name
}

function channelsOf({ record }: Outbox): string[] {
  return [...new Set((record.untold ?? []).map(({ channels }) => channels[0] ?? ''))]
}

function drain(outbox: Outbox, name: string): void {
  outbox.busy.add(name)
  void sendAll(outbox, name).finally(() => outbox.busy.delete(name))
}

async function sendAll(outbox: Outbox, name: string): Promise<void> {
  const next = () =>
    outbox.handedOver ? undefined : outbox.record.untold?.find(({ channels }) => channels[0] === name)
  for (let message = next(); message; message = next()) await send(outbox, message, name)
}

async function send(outbox: Outbox, message: Untold, name: string): Promise<void> {
  const { record, place } = outbox
  const { sentAt, notBefore = 0 } = message
  const from = sentAt === undefined ? notBefore : Math.max(notBefore, sentAt + STRAY)
  const pause = from - Date.now()
  if (sentAt !== undefined) message.unsure = true
  const summary = `Before ${name} is tried again`.slice(0, 190)
  if (pause > 0) await (patched('pauses-beside') ? pauseBeside(pause, summary) : sleep(pause, { summary }))
  if (outbox.handedOver) return
  message.sentAt = Date.now()
  const known = record.heard?.[name]?.known
  const { key, event, text, notice, quiet, unsure } = message
  const told = await deliver(name, {
    ...{ key, channels: [name], event, text, ...place },
    ...(notice && { notice }),
    ...(quiet && { quiet }),
    ...(unsure && { unsure }),
    ...(known !== undefined && { known: { [name]: known } }),
  })
  delete message.sentAt
  const tries = (message.tries ?? 0) + 1
  if (!told.ok && told.again !== undefined && tries < TRIES) {
    message.tries = tries
    message.notBefore = Date.now() + Math.max(told.again, Math.min(1_000 * 2 ** tries, LONGEST_PAUSE))
    if (told.unsure) message.unsure = true
    return
  }
  if (told.ok && told.known !== undefined) {
    const url = told.url ?? record.heard?.[name]?.url
    record.heard = { ...record.heard, [name]: { known: told.known, ...(url !== undefined && { url }) } }
  }
  forget(outbox, message)
  outbox.settled(message, told)
}

function forget({ record }: Outbox, message: Untold): void {
  const left = (record.untold ?? []).filter((other) => other !== message)
  if (left.length > 0) record.untold = left
  else delete record.untold
}
