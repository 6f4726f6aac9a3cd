import { getRollback, postApproval, type Rollback } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, WatchOptions } from '../define/options.ts'
import { CommandError, EXIT, usage } from '../exit.ts'
import { detachable } from '../interrupt.ts'
import { placeOf } from '../place.ts'
import { planLines } from '../render/plan.ts'
import { confirm, type Terminal, terminal } from '../terminal.ts'
import { finish } from './finish.ts'

type ApproveOptions = ApiOptions & WatchOptions & { digest?: string; step?: string; note?: string; yes?: boolean }

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
    const { planDigest, stepId } = waitingFor(rollback, digest, options.step)
    out.say(planLines({ ...rollback, digest: planDigest }, out.live ? out.size().columns - 1 : undefined))
    if (stepId) out.say(`Step ${stepId} asks: ${rollback.steps.find(({ id }) => id === stepId)?.asking?.question}`)
    if (!(await agreed(decision, options, out))) {
      out.say('Nothing was sent.')
      return EXIT.ok
    }
    const { note } = options
    await postApproval(
      client,
      place,
      { decision, planDigest, ...(stepId && { stepId }), ...(note && { note }) },
      rollback.runId,
    )
    const what = stepId ? `step ${stepId}` : `the plan ${planDigest.slice(0, 12)}`
    out.say(`${decision === 'approve' ? 'Approved' : 'Rejected'} ${what}.`)
    if (!options.watch) return EXIT.ok
    return detachable(options.timeout, (signal) =>
      finish(client, place, { ...options, run: rollback.runId }, out, signal),
    )
  }
}

/** What waits for an approval: the plan with this digest, or a step in mid-run. Throws when nothing does. */
export function waitingFor(
  { phase, outcome, planDigest, service, environment, stale, steps }: Rollback,
  given: string | undefined,
  step?: string,
): { planDigest: string; stepId?: string } {
  if (stale) throw new CommandError(EXIT.unavailable, 'No worker answers for this run; start one with `unwind worker`.')
  const asking = steps.filter((other) => other.asking?.what === 'approve' && (step ?? other.id) === other.id)
  const [only] = asking
  if (asking.length > 1)
    throw new CommandError(EXIT.conflict, `Say which step with --step: ${asking.map(({ id }) => id).join(', ')}.`)
  if ((phase !== 'awaiting-approval' && !only) || !planDigest || (step !== undefined && !only))
    throw new CommandError(
      EXIT.conflict,
      `${service} in ${environment} waits for no approval${step ? ` of ${step}` : ''}: it is ${outcome ?? phase}.`,
    )
  if (given && !planDigest.startsWith(given))
    throw new CommandError(
      EXIT.conflict,
      `The plan is another one now: ${planDigest}. Look at it with \`unwind get ${service} -e ${environment}\`.`,
    )
  return { planDigest, ...(only && { stepId: only.id }) }
}

async function agreed(decision: Decision, { yes, digest }: ApproveOptions, out: Terminal): Promise<boolean> {
  if (yes || digest) return true
  if (!out.interactive)
    throw usage(`Without a terminal, say which plan is meant with --digest, or that any is with --yes.`)
  return confirm(decision === 'approve' ? 'Approve this plan?' : 'Reject this plan?')
}
