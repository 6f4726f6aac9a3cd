import type { Problem } from '../errors.ts'
import type { ReleaseRecord } from './ledger.ts'
import type { Enforcement, ServiceState } from './state.ts'

/** The updates of a service that people and CI send; signed like those of a run. */
export interface ServiceMessages {
  /** `key` and `body` are hashes of the request, by which a repeated one is known. */
  record: { release: ReleaseRecord; key?: string; body?: string }
  lock: { reason: string; until?: number; enforce?: Enforcement }
  /** `allow` takes these versions, or images, off the list of the denied. */
  unlock: { reason: string; allow?: string[] }
  deny: { reason: string; version?: string; images?: string[] }
  stop: { reason: string }
  go: { reason: string }
}
export type ServiceMessage = keyof ServiceMessages

/** The updates of a fleet. */
export interface FleetMessages {
  stop: { reason: string }
  go: { reason: string }
}

export const SERVICE_DESCRIPTIONS: Record<ServiceMessage, string> = {
  record: 'Record a release that was deployed. Needs a signature: use the API or `unwind release record`.',
  lock: 'Lock deploys of the service, with a reason. Needs a signature: use `unwind lock`.',
  unlock: 'Take the lock away. Needs a signature: use `unwind unlock`.',
  deny: 'Put a version on the list of the denied. Needs a signature.',
  stop: 'Stop automatic rollbacks of the service: {"reason": "…"}. Taken without a signature too.',
  go: 'Let automatic rollbacks start again. Needs a signature.',
}

/** Why a service can't take this message, or undefined when it can. To stop what goes by itself everybody may. */
export function whyNotService(
  name: ServiceMessage,
  message: { signed?: string; reason?: unknown; release?: unknown },
  state: Pick<ServiceState, 'lock' | 'stopped'>,
): Problem | undefined {
  if (typeof message !== 'object' || message === null) return refused(`${name} needs an object as its argument.`)
  if (!message.signed && name !== 'stop')
    return { code: 'FORBIDDEN', message: `${name} needs a signature: send it through the API or the CLI of Unwind.` }
  if (name === 'record')
    return isRelease(message.release) ? undefined : refused('record needs a release with a version and lists.')
  if (typeof message.reason !== 'string' || message.reason.trim() === '')
    return refused(`${name} needs a reason that says why.`)
  if (name === 'unlock' && !state.lock && !('allow' in message)) return refused('The service is not locked.')
  if (name === 'go' && !state.stopped) return refused('Automatic rollbacks are not stopped.')
  return undefined
}

function isRelease(release: unknown): boolean {
  const { version, images, migrations, deployedAt } = (release ?? {}) as Partial<ReleaseRecord>
  return (
    typeof version === 'string' && Array.isArray(images) && Array.isArray(migrations) && typeof deployedAt === 'number'
  )
}

function refused(message: string): Problem {
  return { code: 'DECISION_REFUSED', message }
}
