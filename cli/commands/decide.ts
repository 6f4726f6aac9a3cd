import type { Choice, Outcome } from '../../model/run.ts'
import { getRollback, postDecision, postMessage, type Rollback } from '../calls.ts'
import { type Client, connect } from '../client.ts'
import type { ApiOptions, WatchOptions } from '../define/options.ts'
import { CommandError, EXIT, usage } from '../exit.ts'
import { detachable } from '../interrupt.ts'
import { placeOf } from '../place.ts'
import { confirm, type Terminal, terminal } from '../terminal.ts'
import { finish } from './finish.ts'

type DecideOptions = ApiOptions &
  WatchOptions & { yes?: boolean; note?: string; reason?: string; attempt?: string; set?: string[] }

/** `unwind retry`, `skip`, `done`, `compensate`, `abort`: says what the choice will do, and answers the parked step. */
export function decide(choice: Choice): (service: string, options: DecideOptions) => Promise<number> {
  return async (service, options) => {
    const place = await placeOf(service, options.environment)
    const client = await connect(options)
    const out = terminal()
    const rollback = await getRollback(client, place)
    const effect = effectOf(choice, rollback, options.attempt)
    out.say(`${choice}: ${effect}`)
    if (!(await agreed(choice, options, out))) {
      out.say('Nothing was sent.')
      return EXIT.ok
    }
    await send(client, choice, rollback, options)
    const { runId: run, parked, timeline } = rollback
    return detachable(options.timeout, (signal) =>
      finish(
        client,
        place,
        { ...options, run, answered: parked?.since, after: timeline.at(-1)?.seq, wanted: WANTED[choice] },
        out,
        signal,
      ),
    )
  }
}

/** What a choice leads to when it goes well, where that is not `recovered`. */
const WANTED: Partial<Record<Choice, Outcome>> = { compensate: 'compensated', abort: 'aborted' }

/** What the choice will do, in the words of the run. Throws when the run doesn't offer it. */
function effectOf(choice: Choice, rollback: Rollback, attempt: string | undefined): string {
  const { parked, phase, outcome, service, environment, stale } = rollback
  const name = `${service} in ${environment}`
  if (phase === 'ended') throw conflict(`The rollback of ${name} has ended (${outcome}); nothing is left to decide.`)
  if (stale)
    throw new CommandError(EXIT.unavailable, `No worker answers for ${name}; start one with \`unwind worker\`.`)
  const offered = parked?.choices.find((other) => other.choice === choice)
  if (!offered && choice === 'abort') return 'ends the run and reverses nothing'
  if (!parked) throw conflict(`${name} is not parked: it is ${phase}. Only a parked step takes an answer.`)
  if (!offered)
    throw conflict(
      `${parked.stepId} does not take ${choice}; it takes ${parked.choices.map((other) => other.choice).join(', ')}.`,
    )
  if (attempt !== undefined && attempt !== `${parked.stepId}:${parked.attempt}`)
    throw conflict(`${name} waits at ${parked.stepId}:${parked.attempt} now, not at ${attempt}.`)
  return offered.effect
}

async function agreed(choice: Choice, { yes }: DecideOptions, out: Terminal): Promise<boolean> {
  if (yes || (choice !== 'compensate' && choice !== 'abort')) return true
  if (!out.interactive) throw usage(`Without a terminal, say that you mean it: unwind ${choice} … --yes`)
  return confirm('Do it?')
}

async function send(client: Client, choice: Choice, rollback: Rollback, options: DecideOptions): Promise<void> {
  const { reason, note = reason, set } = options
  const { parked, runId } = rollback
  const said = note ? { note } : {}
  if (parked?.choices.some((other) => other.choice === choice)) {
    const { stepId, attempt } = parked
    const fields = set && { fields: fieldsOf(set) }
    return postDecision(client, rollback, { stepId, attempt, choice, ...said, ...fields }, runId)
  }
  return postMessage(client, rollback, 'abort', said, runId)
}

/** `within=10m`, `consecutive=2`: a value is JSON where it reads as such, else the text that it is. */
function fieldsOf(pairs: readonly string[]): Record<string, unknown> {
  const entries = pairs.map((pair) => {
    const [, name, text] = /^([A-Za-z][\w-]*)=(.*)$/s.exec(pair) ?? []
    if (name === undefined || text === undefined) throw usage(`--set takes field=value, not ${JSON.stringify(pair)}`)
    return [name, valueOf(text)] as const
  })
  return Object.fromEntries(entries)
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function conflict(message: string): CommandError {
  return new CommandError(EXIT.conflict, message)
}
