import { asking } from '../../model/runbook/asking.ts'
import { getRollback, postAsked, type Rollback } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, WatchOptions } from '../define/options.ts'
import { CommandError, EXIT, usage } from '../exit.ts'
import { detachable } from '../interrupt.ts'
import { placeOf } from '../place.ts'
import { terminal } from '../terminal.ts'
import { finish } from './finish.ts'

type AnswerOptions = ApiOptions & WatchOptions & { question?: string; note?: string }

/** `unwind answer`: says yes or no to the question that the run asks now, and watches what that leads to. */
export async function answer(service: string, given: string, options: AnswerOptions): Promise<number> {
  if (given !== 'yes' && given !== 'no') throw usage(`A question takes yes or no, not ${JSON.stringify(given)}.`)
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  const out = terminal()
  const rollback = await getRollback(client, place)
  const { id, question, attempt } = questionOf(rollback, options.question)
  out.say(`${question} ${given === 'yes' ? 'Yes' : 'No'}.`)
  const { note } = options
  const { runId: run, timeline } = rollback
  await postAsked(client, place, 'answer', { questionId: id, attempt, answer: given, ...(note && { note }) }, run)
  return detachable(options.timeout, (signal) =>
    finish(client, place, { ...options, run, after: timeline.at(-1)?.seq }, out, signal),
  )
}

function questionOf(rollback: Rollback, wanted: string | undefined): ReturnType<typeof asking>[number] {
  const { service, environment, phase, outcome, stale } = rollback
  if (stale) throw new CommandError(EXIT.unavailable, 'No worker answers for this run; start one with `unwind worker`.')
  const open = asking(rollback)
  const found = wanted === undefined ? open : open.filter(({ id }) => id === wanted)
  const [question] = found
  const ids = open.map(({ id }) => id).join(', ')
  if (question && found.length === 1) return question
  if (open.length > 1) throw new CommandError(EXIT.conflict, `It asks ${ids}; say which one with --question.`)
  if (open.length === 1) throw new CommandError(EXIT.conflict, `It asks ${ids}, not ${wanted}.`)
  throw new CommandError(EXIT.conflict, `${service} in ${environment} asks nothing: it is ${outcome ?? phase}.`)
}
