import { Context } from '@temporalio/activity'
import type { CheckActivities, CheckCall } from '../../model/calls.ts'
import { readable } from '../../model/duration.ts'
import { UnwindError } from '../../model/errors.ts'
import { judge, type Sample, withSample } from '../../model/measure.ts'
import { toFailure } from '../failures.ts'
import { type Instruments, look } from './look.ts'
import { checks } from './registry.ts'
import { type Followed, type Kept, keep, resumed } from './series.ts'

/** How often a check shows that it lives; well below the heartbeat timeout. */
const BEATS_PER_TIMEOUT = 4

/** How a series is looked at: by which clock, and what one look gives. */
export interface Looking {
  /** Epoch milliseconds. */
  now(): number
  sleep(ms: number): Promise<void>
  look(since: number): Promise<Sample>
}

/** The activity that follows a series to its verdict: the loop, heartbeats, cancellation and limits of every check. */
export function checkActivities(instruments: Omit<Instruments, 'checks'> & Partial<Instruments>): CheckActivities {
  const all: Instruments = { checks, ...instruments }
  return measuring((call) => {
    const { cancellationSignal, sleep } = Context.current()
    return {
      now: Date.now,
      sleep: (ms) => sleep(ms),
      look: (since) => look({ ...call, since }, all, cancellationSignal),
    }
  })
}

/** The same with other looks and another clock: a rehearsal says what each look shows, and waits for nothing. */
export function measuring(looking: (call: CheckCall) => Looking): CheckActivities {
  return { 'check.measure': (call) => follow(call, looking(call)) }
}

async function follow(call: CheckCall, looking: Looking): ReturnType<CheckActivities['check.measure']> {
  const context = Context.current()
  const followed = resumed(context.info.heartbeatDetails, call, looking.now())
  const beat = () => context.heartbeat({ attempt: context.info.attempt, ...followed })
  const beating = setInterval(beat, (context.info.heartbeatTimeoutMs ?? 10_000) / BEATS_PER_TIMEOUT)
  try {
    return await untilDecided(call, looking, followed, beat)
  } catch (error) {
    throw await toFailure(error)
  } finally {
    clearInterval(beating)
  }
}

/** Looks until the series means something. `followed` always holds what a worker that takes over has to know. */
async function untilDecided(call: CheckCall, looking: Looking, followed: Followed, beat: () => void) {
  const rules = call.check
  const deadline = looking.now() + call.limit
  for (;;) {
    const means = judge(followed.series, rules, { since: followed.since, now: looking.now() })
    if ('verdict' in means) return { ...means.verdict, samples: evidenceOf(followed.kept) }
    followed.doing = means.doing
    beat()
    if (looking.now() + means.again > deadline)
      throw new UnwindError(
        'STEP_TIMEOUT',
        `no verdict after ${readable(call.limit)}: ${means.doing}; see why, then retry`,
      )
    await looking.sleep(means.again)
    const sample = await looking.look(followed.since)
    followed.series = withSample(followed.series, sample, rules, followed.since)
    followed.kept = keep(followed.kept, sample)
    beat()
  }
}

function evidenceOf({ first, last, dropped }: Kept) {
  const gap = dropped > 0 ? [{ summary: `… ${dropped} looks in between are not kept` }] : []
  return [...first, ...gap, ...last]
}
