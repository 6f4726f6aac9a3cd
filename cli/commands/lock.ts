import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { environmentOf, placeOf } from '../place.ts'
import { getAutomation, postAutomation, postToService, type Service } from '../services.ts'
import { terminal } from '../terminal.ts'

interface LockOptions extends ApiOptions {
  reason: string
  until?: string
  enforce?: boolean
  namespace?: string
  cluster?: string
}

/** `unwind lock`: no deploys until somebody unlocks; with --enforce the system refuses denied images as well. */
export async function lock(service: string, options: LockOptions): Promise<number> {
  const { reason, until, enforce, namespace, cluster: connection } = options
  const where = { ...(connection && { connection }), ...(namespace && { namespace }) }
  const state = await post(service, options, 'lock', {
    reason,
    ...(until && { until }),
    ...(enforce && { enforce: where }),
  })
  const { enforced } = state.lock ?? {}
  const also = enforced ? ` Denied images are refused by ${enforced.object} on ${enforced.connection}.` : ''
  terminal().say(`${state.service} in ${state.environment} is locked.${also} Take it away with \`unwind unlock\`.`)
  return EXIT.ok
}

/** `unwind unlock`: deploys go on; what is denied stays denied unless it is allowed. */
export async function unlock(
  service: string,
  options: ApiOptions & { reason: string; allow?: string[] },
): Promise<number> {
  const { reason, allow } = options
  const state = await post(service, options, 'unlock', { reason, ...(allow && { allow }) })
  const denied = state.denied.map(({ version, images }) => version ?? images.join(', '))
  const still = denied.length > 0 ? ` Still denied: ${denied.join(', ')}.` : ''
  terminal().say(`${state.service} in ${state.environment} is no longer locked.${still}`)
  return EXIT.ok
}

interface DenyOptions extends ApiOptions {
  reason: string
  image?: string[]
}

/** `unwind deny`: this version is not to be deployed. */
export async function deny(service: string, version: string | undefined, options: DenyOptions): Promise<number> {
  const { reason, image } = options
  const state = await post(service, options, 'deny', {
    reason,
    ...(version && { version }),
    ...(image && { images: image }),
  })
  terminal().say(`${version ?? image?.join(', ')} is denied for ${state.service} in ${state.environment}.`)
  return EXIT.ok
}

async function post(
  service: string,
  options: ApiOptions,
  message: 'lock' | 'unlock' | 'deny' | 'automation',
  body: object,
): Promise<Service> {
  const place = await placeOf(service, options.environment)
  return postToService(await connect(options), place, message, body)
}

interface AutomationOptions extends ApiOptions {
  reason: string
  service?: string
}

/** `unwind automation stop` and `go`: the kill switch of what starts by itself, of one service or of an environment. */
export function automation(automatic: 'stop' | 'go'): (options: AutomationOptions) => Promise<number> {
  return async (options) => {
    const { service, reason } = options
    const now = automatic === 'stop' ? 'Nothing starts or goes on by itself' : 'What is allowed to start by itself, may'
    if (service !== undefined) {
      const state = await post(service, options, 'automation', { automatic, reason })
      terminal().say(`${now} for ${state.service} in ${state.environment}.`)
      return EXIT.ok
    }
    const environment = await environmentOf(options.environment)
    await postAutomation(await connect(options), environment, { automatic, reason })
    terminal().say(`${now} in ${environment}.`)
    return EXIT.ok
  }
}

/** `unwind automation`: what starts by itself in an environment, and whether anything may. */
export async function readAutomation(options: ApiOptions & { output?: Format }): Promise<number> {
  const environment = await environmentOf(options.environment)
  const fleet = await getAutomation(await connect(options), environment)
  const { stopped, monitoring, acting, started } = fleet
  const lines = [
    stopped ? `Stopped by ${stopped.by}: ${stopped.reason}` : 'Not stopped',
    ...(monitoring.length > 0 ? ['Nothing starts by itself: monitoring is down'] : []),
    `${acting.length} running by themselves${acting.length > 0 ? `: ${acting.map(({ service }) => service).join(', ')}` : ''}`,
    `${started.length} started by themselves within a day`,
  ]
  await put(terminal(), options.output, fleet, () => lines.join('\n'))
  return EXIT.ok
}
