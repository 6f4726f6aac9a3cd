import { setTimeout as pause } from 'node:timers/promises'
import { readable } from '../../model/duration.ts'

/** A process that can be looked at and started again. */
export interface Part {
  name: string
  log: string
  alive(): boolean
  restart(): Promise<void>
}

const LOOK_EVERY = 250
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000
/** So long a part must have lived for its next death to count as the first again. */
const STEADY = 60_000

/** Starts every part again that dies, after a pause that doubles up to 30 s, until the signal says stop. */
export async function supervise(
  parts: readonly Part[],
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  await Promise.all(parts.map((part) => keepAlive(part, signal, say)))
}

async function keepAlive(part: Part, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  let wait = FIRST_PAUSE
  let since = Date.now()
  while (!signal.aborted) {
    await until(LOOK_EVERY, signal)
    if (part.alive() || signal.aborted) continue
    wait = Date.now() - since > STEADY ? FIRST_PAUSE : wait
    say(`${part.name} has ended; it is started again in ${readable(wait)} (log: ${part.log})`)
    await until(wait, signal)
    if (signal.aborted) return
    wait = Math.min(LONGEST_PAUSE, wait * 2)
    since = Date.now()
    await part.restart().then(
      () => say(`${part.name} runs again`),
      (error: unknown) => say(`${part.name} could not be started: ${firstLine(error)}`),
    )
  }
}

function until(ms: number, signal: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal }).catch(() => undefined)
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
