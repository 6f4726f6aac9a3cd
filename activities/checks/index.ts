import { Context } from '@temporalio/activity'
import type { CheckActivities, CheckCall } from '../../model/calls.ts'
import { readable } from '../../model/duration.ts'
import { UnwindError } from '../../model/errors.ts'
import { judge, withSample } from '../../model/measure.ts'
import { toFailure } from '../failures.ts'
import { type Instruments, look } from './look.ts'
import { checks } from './registry.ts'
import { type Followed, type Kept, keep, resumed } from './series.ts'

/** How often a check shows that it lives; well below the heartbeat timeout. */
const BEATS_PER_TIMEOUT = 4

/** The activity that follows a series to its verdict: the loop, heartbeats, cancellation and limits of every check. */
export function checkActivities(instruments: Omit<Instruments, 'checks'> & Partial<Instruments>): CheckActivities {
  const all: Instruments = { checks, ...instruments }
  return { 'check.measure': (call) => follow(call, all) }
}

async function follow(call: CheckCall, instruments: Instruments): ReturnType<CheckActivities['check.measure']> {
  const context = Context.current()
  const followed = resumed(context.info.heartbeatDetails, call, Date.now())
  const beat = () => context.heartbeat({ attempt: context.info.attempt, ...followed })
  const beating = setInterval(beat, (context.info.heartbeatTimeoutMs ?? 10_000) / BEATS_PER_TIMEOUT)
  try {
    return await untilDecided(call, instruments, followed, beat)
  } catch (error) {
    throw await toFailure(error)
  } finally {
    clearInterval(beating)
  }
}

/** Looks until the series means something. `followed` always holds what a worker that takes over has to know. */
async function untilDecided(call: CheckCall, instruments: Instruments, followed: Followed, beat: () => void) {
  const { cancellationSignal, sleep } = Context.current()
  const rules = call.check
  const deadline = Date.now() + call.limit
  for (;;) {
    const means = judge(followed.series, rules, { since: followed.since, now: Date.now() })
    if ('verdict' in means) return { ...means.verdict, samples: evidenceOf(followed.kept) }
    followed.doing = means.doing
    beat()
    if (Date.now() + means.again > deadline)
      throw new UnwindError(
        'STEP_TIMEOUT',
        `no verdict after ${readable(call.limit)}: ${means.doing}; see why, then retry`,
      )
    await sleep(means.again)
    const sample = await look({ ...call, since: followed.since }, instruments, cancellationSignal)
    followed.series = withSample(followed.series, sample, rules, followed.since)
    followed.kept = keep(followed.kept, sample)
    beat()
  }
}

function evidenceOf({ first, last, dropped }: Kept) {
  const gap = dropped > 0 ? [{ summary: `… ${dropped} looks in between are not kept` }] : []
  return [...first, ...gap, ...last]
}
