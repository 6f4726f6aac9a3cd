import { getRollback, postAsked } from '../calls.ts'
import { connect } from '../client.ts'
import type { ApiOptions, WatchOptions } from '../define/options.ts'
import { EXIT, usage } from '../exit.ts'
import { detachable } from '../interrupt.ts'
import { placeOf } from '../place.ts'
import { planLines } from '../render/plan.ts'
import { confirm, terminal } from '../terminal.ts'
import { waitingFor } from './approve.ts'
import { finish } from './finish.ts'

type GlassOptions = ApiOptions & WatchOptions & { incident: string; reason: string; digest?: string; yes?: boolean }

/** `unwind break-glass`: goes on without the approvals that are missing; people are paged, and an approval is owed. */
export async function breakGlass(service: string, options: GlassOptions): Promise<number> {
  const { digest, incident, reason, yes } = options
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  const out = terminal()
  const rollback = await getRollback(client, place)
  const { planDigest } = waitingFor(rollback, digest)
  out.say(planLines({ ...rollback, digest: planDigest }, out.live ? out.size().columns - 1 : undefined))
  out.say('This goes on without the missing approvals. People are paged now, and an approval is owed afterwards.')
  if (!yes && !out.interactive) throw usage('Without a terminal, say that you mean it: unwind break-glass … --yes')
  if (!yes && !(await confirm('Break the glass?'))) {
    out.say('Nothing was sent.')
    return EXIT.ok
  }
  const { runId: run } = rollback
  await postAsked(client, place, 'breakGlass', { planDigest, incident, note: reason }, run)
  return detachable(options.timeout, (signal) => finish(client, place, { ...options, run }, out, signal))
}
