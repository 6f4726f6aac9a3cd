import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT, usage } from '../exit.ts'
import { put } from '../output.ts'
import { placeOf } from '../place.ts'
import { getProposal, postProposal } from '../services.ts'
import { terminal } from '../terminal.ts'

/** `unwind proposal get`: what a trigger proposes. */
export async function get(service: string, id: string, options: ApiOptions & { output?: Format }): Promise<number> {
  const place = await placeOf(service, options.environment)
  const proposal = await getProposal(await connect(options), place, id)
  const { trigger, standing, outcome, planned, refusals } = proposal
  const lines = [
    `${trigger.id} of ${trigger.runbook} (${trigger.mode}): ${outcome ?? standing}`,
    ...(planned ? [...planned.lines, ...planned.lost.map((lost) => `lost: ${lost}`), `Plan ${planned.digest}`] : []),
    ...refusals.map(({ code, text }) => `Not by itself: ${code}: ${text}`),
  ]
  await put(terminal(), options.output, proposal, () => lines.join('\n'))
  return EXIT.ok
}

/** `unwind proposal accept`: starts the rollback with the plan that was shown. */
export async function accept(
  service: string,
  id: string,
  { digest, note, ...options }: ApiOptions & { digest?: string; note?: string },
): Promise<number> {
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  const { planned } = await getProposal(client, place, id)
  if (!planned) throw usage(`${id} has no plan yet; look again in a moment`)
  if (digest !== undefined && (digest.length < 8 || !planned.digest.startsWith(digest)))
    throw usage(`the plan is ${planned.digest} now; look at it with \`unwind proposal get\``)
  const body = { decision: 'accept', planDigest: planned.digest, ...(note && { note }) }
  await postProposal(client, place, id, body)
  terminal().say(`The rollback of ${place.service} in ${place.environment} starts. Watch it with \`unwind watch\`.`)
  return EXIT.ok
}

/** `unwind proposal refuse`: ends it; of one that would start by itself it is the veto. */
export async function refuse(
  service: string,
  id: string,
  { note, ...options }: ApiOptions & { note?: string },
): Promise<number> {
  const place = await placeOf(service, options.environment)
  await postProposal(await connect(options), place, id, { decision: 'refuse', ...(note && { note }) })
  terminal().say(`${id} is refused; nothing is changed.`)
  return EXIT.ok
}
