import { getRollback, postApproval, type Rollback } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, WatchOptions } from '../define/options.ts'
import { CommandError, EXIT, usage } from '../exit.ts'
import { detachable } from '../interrupt.ts'
import { placeOf } from '../place.ts'
import { planLines } from '../render/plan.ts'
import { confirm, type Terminal, terminal } from '../terminal.ts'
import { finish } from './finish.ts'

type ApproveOptions = ApiOptions & WatchOptions & { digest?: string; note?: string; yes?: boolean }

type Decision = 'approve' | 'reject'

/** `unwind approve` and `reject`: shows the plan, asks, and answers that very plan by its digest. */
export function answer(decision: Decision): (service: string, options: ApproveOptions) => Promise<number> {
  return async (service, options) => {
    const { digest } = options
    if (digest !== undefined && !/^[0-9a-f]{8,64}$/.test(digest))
      throw usage('--digest takes the first 8 to 64 digits of what `unwind plan` and `unwind watch -o json` show')
    const place = await placeOf(service, options.environment)
    const client = await connect(options)
    const out = terminal()
    const rollback = await getRollback(client, place)
    const planDigest = digestOf(rollback, digest)
    out.say(planLines({ ...rollback, digest: planDigest }, out.live ? out.size().columns - 1 : undefined))
    if (!(await agreed(decision, options, out))) {
      out.say('Nothing was sent.')
      return EXIT.ok
    }
    const { note } = options
    await postApproval(client, place, { decision, planDigest, ...(note && { note }) }, rollback.runId)
    out.say(`${decision === 'approve' ? 'Approved' : 'Rejected'} the plan ${planDigest.slice(0, 12)}.`)
    if (!options.watch) return EXIT.ok
    return detachable(options.timeout, (signal) =>
      finish(client, place, { ...options, run: rollback.runId }, out, signal),
    )
  }
}

function digestOf(
  { phase, outcome, planDigest, service, environment, stale }: Rollback,
  given: string | undefined,
): string {
  if (stale) throw new CommandError(EXIT.unavailable, 'No worker answers for this run; start one with `unwind worker`.')
  if (phase !== 'awaiting-approval' || !planDigest)
    throw new CommandError(
      EXIT.conflict,
      `${service} in ${environment} waits for no approval: it is ${outcome ?? phase}.`,
    )
  if (given && !planDigest.startsWith(given))
    throw new CommandError(
      EXIT.conflict,
      `The plan is another one now: ${planDigest}. Look at it with \`unwind get ${service} -e ${environment}\`.`,
    )
  return planDigest
}

async function agreed(decision: Decision, { yes, digest }: ApproveOptions, out: Terminal): Promise<boolean> {
  if (yes || digest) return true
  if (!out.interactive)
    throw usage(`Without a terminal, say which plan is meant with --digest, or that any is with --yes.`)
  return confirm(decision === 'approve' ? 'Approve this plan?' : 'Reject this plan?')
}
