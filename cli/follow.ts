import { setTimeout as pause } from 'node:timers/promises'
import type { RunState } from '../model/run.ts'
import { at, getRollback, type Place, type Rollback } from './calls.ts'
import { type Client, isUnanswered, path } from './client.ts'
import { CommandError } from './exit.ts'
import { readEvents, type StreamEvent } from './sse.ts'

/** What a watcher learns: the record as it is now, what the running step is doing, or that nothing answers just now. */
export type Sighting = { rollback: Rollback } | { doing: string | undefined } | { lost: string }

/** The API may be away so long before watching is given up. */
const PATIENCE = 300_000
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5_000
/** The stream says every 15 s that it is there; silence for three times that means that the connection is dead. */
const SILENCE = 45_000

/**
 * Follows one run, by default the one that runs now, until it has ended or the signal is given. Survives an API that goes
 * away and comes back; throws what the API answers otherwise, and UNAVAILABLE when it stays away for five minutes.
 */
export async function* follow(
  client: Client,
  place: Place,
  run: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Sighting> {
  let pinned = run
  let lostSince: number | undefined
  let wait = FIRST_PAUSE
  while (!signal.aborted) {
    try {
      for await (const sighting of watchOnce(client, place, pinned, signal)) {
        lostSince = undefined
        wait = FIRST_PAUSE
        if ('rollback' in sighting) pinned = sighting.rollback.runId
        yield sighting
        if ('rollback' in sighting && sighting.rollback.phase === 'ended') return
      }
    } catch (error) {
      if (signal.aborted) return
      lostSince ??= Date.now()
      if (!isPassing(error) || Date.now() - lostSince > PATIENCE) throw error
      yield {
        lost: `The API at ${client.url} does not answer just now; the rollback goes on, and is looked for again.`,
      }
    }
    await pause(wait, undefined, { signal }).catch(() => undefined)
    wait = Math.min(LONGEST_PAUSE, wait * 2)
  }
}

/** The record, and then what the stream tells, until it ends or breaks. */
async function* watchOnce(
  client: Client,
  place: Place,
  run: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Sighting> {
  const rollback = await getRollback(client, place, run, signal)
  yield { rollback }
  if (rollback.phase === 'ended') return
  const silence = new AbortController()
  const call = {
    path: path(...at(place), 'events'),
    query: { run: rollback.runId },
    headers: { accept: 'text/event-stream' },
  }
  const response = await client.open(call, AbortSignal.any([signal, silence.signal]))
  const { url, temporalUi } = rollback
  const about = { url, stale: false, ...(temporalUi && { temporalUi }) }
  try {
    for await (const event of readEvents(heard(response.body, silence))) {
      const sighting = sightingOf(event, about)
      if (sighting) yield sighting
      if (event.event === 'end') return
    }
  } finally {
    // Whoever looks away leaves no open stream behind.
    silence.abort()
  }
}

function sightingOf({ event, data }: StreamEvent, about: Pick<Rollback, 'url' | 'stale'>): Sighting | undefined {
  if (event === 'state') return { rollback: { ...(JSON.parse(data) as RunState), ...about } }
  if (event !== 'doing') return undefined
  return { doing: (JSON.parse(data) as { doing: string | null }).doing ?? undefined }
}

/** The same bytes; the controller is aborted when none come for too long. */
async function* heard(body: Response['body'], silence: AbortController): AsyncGenerator<Uint8Array> {
  const timer = setTimeout(() => silence.abort(), SILENCE)
  try {
    for await (const chunk of body ?? []) {
      timer.refresh()
      yield chunk
    }
  } finally {
    clearTimeout(timer)
  }
}

/** A connection that broke, a silence, or an API whose Temporal is away: worth another look. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof CommandError)) return true
  return isUnanswered(error) || error.code === 'TEMPORAL_UNAVAILABLE' || error.code === 'INTERNAL'
}
