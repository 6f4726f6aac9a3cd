import { condition } from '@temporalio/workflow'
import { DEFAULT_REMIND } from '../model/limits.ts'
import type { Nudged } from '../model/runbook/progress.ts'
import { mustContinue } from './continuing.ts'
import { note, type Run } from './record.ts'
import { escalate, page } from './telling.ts'

/** Pages of one and the same need are never further apart, in milliseconds. */
const RAREST_PAGE = 60 * 60_000

/** What the run waits for from people. Times are epoch milliseconds, spans milliseconds. */
export interface Waiting {
  summary: string
  /** What a reminder says. */
  text: string
  stepId?: string
  since: number
  answered: () => boolean
  expires?: number
  /** Between two reminders; a claim ends them unless `always`. */
  remind?: number | undefined
  always?: boolean
  /** After this span the contact for escalations is told, once. */
  escalate?: number | undefined
  /** Where it is kept when people were reminded, so that a continued run doesn't do it again. */
  keeper: { nudged?: Nudged }
}

/**
 * Waits for people: until there is an answer, until it is too late for one, or until something else has to be done first
 * (an abort, a continuation). Reminds and escalates meanwhile. Without a time in it, no timer is started.
 */
export async function awaitPeople(run: Run, waiting: Waiting): Promise<'answered' | 'expired' | 'later'> {
  const stop = () => waiting.answered() || run.abort !== undefined || mustContinue(run)
  for (;;) {
    const moment = nextMoment(run, waiting)
    const woken =
      moment === undefined
        ? await condition(stop).then(() => true)
        : await condition(stop, Math.max(1, moment - Date.now()), { summary: waiting.summary })
    if (run.abort) return 'later'
    if (waiting.answered()) return 'answered'
    if (woken) return 'later'
    if (moment === waiting.expires) return 'expired'
    nudge(run, waiting)
  }
}

/** Between two pages of a person, while nobody has claimed the run; inline rollbacks page nobody. */
export function pageEvery({ input }: Run): number | undefined {
  return input.runbook && (input.limits.remind ?? DEFAULT_REMIND)
}

function nextMoment(run: Run, waiting: Waiting): number | undefined {
  const { since, expires, keeper } = waiting
  const nudged = keeper.nudged ?? {}
  const moments = [
    expires,
    reminds(run, waiting, nudged) && (nudged.reminded ?? since) + reminds(run, waiting, nudged),
    waiting.escalate !== undefined && nudged.escalated === undefined && since + waiting.escalate,
  ].filter((moment) => typeof moment === 'number' && moment > 0)
  return moments.length > 0 ? Math.min(...(moments as number[])) : undefined
}

/** How long after the last reminder the next one is due; 0 for never. Pages grow rarer, so that a weekend isn't a flood. */
function reminds({ state }: Run, { remind = 0, always }: Waiting, { times = 0 }: Nudged): number {
  if (always) return remind
  return state.claimedBy ? 0 : Math.min(remind * 2 ** times, Math.max(remind, RAREST_PAGE))
}

function nudge(run: Run, waiting: Waiting): void {
  const { keeper, since, text, stepId } = waiting
  const nudged = (keeper.nudged ??= {})
  const now = Date.now()
  const about = stepId ? { stepId } : {}
  if (waiting.escalate !== undefined && nudged.escalated === undefined && now >= since + waiting.escalate) {
    nudged.escalated = now
    note(run, 'escalated', text, about)
    if (!escalate(run, text)) page(run, 'escalated', text)
  }
  const every = reminds(run, waiting, nudged)
  if (every > 0 && now >= (nudged.reminded ?? since) + every) {
    nudged.reminded = now
    nudged.times = (nudged.times ?? 0) + 1
    note(run, 'reminded', text, about)
    page(run, 'reminded', text)
  }
}
