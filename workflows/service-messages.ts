import type { ServiceMessage, ServiceMessages } from '../model/service/messages.ts'
import { denialOf, fit, recordRelease } from '../model/service/ledger.ts'
import { formsOf } from '../model/service/images.ts'
import type { Enforcement, Release, ServiceState } from '../model/service/state.ts'
import { enforce } from './entities.ts'
import { problemOf, refusal } from './problem.ts'

/** A service in memory: its record, and what is still to be done about it. */
export interface Service {
  readonly state: ServiceState
  /** Runs that have left word and are not read yet. */
  readonly ended: { runId: string; executionId: string }[]
  /** Proposals that have to hear something. */
  readonly untold: { id: string; what: 'resolved' | 'superseded' }[]
  /** The list of the denied has changed since it was last enforced. */
  unenforced?: boolean
}

type Accept<Name extends ServiceMessage> = (entity: Service, message: ServiceMessages[Name], by: string) => unknown

/** What each message does once it is proven who sent it. */
export const ACCEPT: { [Name in ServiceMessage]: Accept<Name> } = {
  record({ state }, { release, key, body }, by) {
    const repeated = requested(state, key, body)
    if (repeated) return { release: repeated, created: false }
    const recorded = recordRelease(state, release, { at: Date.now(), by })
    if (key && body) state.requests.unshift({ key, body, seq: recorded.release.seq })
    fit(state)
    return recorded
  },
  async lock({ state }, { reason, until, enforce: where }, by) {
    const before = state.lock?.enforced
    const enforced = where ? { ...where, ...(await refuseImages(state, where, reason)) } : before
    state.lock = { reason, by, at: Date.now(), ...(until !== undefined && { until }), ...(enforced && { enforced }) }
    return state
  },
  async unlock(entity, { reason, allow = [] }) {
    const { state } = entity
    const { enforced } = state.lock ?? {}
    if (enforced) await refuseImages({ ...state, denied: [] }, enforced, reason)
    delete state.lock
    delete entity.unenforced
    const allowed = (name: string) => denialOf(state.denied, { version: name, images: [name] })
    const lifted = new Set(allow.map(allowed))
    state.denied = state.denied.filter((denied) => !lifted.has(denied))
    return state
  },
  deny(entity, { reason, version, images = [] }, by) {
    const { state } = entity
    const known = state.releases.find((release) => release.version === version)
    const listed = { ...(version && { version }), images: images.length > 0 ? images : (known?.images ?? []) }
    state.denied.unshift({ ...listed, reason, by, at: Date.now() })
    fit(state)
    if (state.lock?.enforced) entity.unenforced = true
    return state
  },
  stop({ state }, { reason }, by) {
    state.stopped = { reason, by, at: Date.now() }
    return state
  },
  go({ state }) {
    delete state.stopped
    return state
  },
}

/** Has the list of the denied refused anew, after it has changed. What fails is tried again when it changes again. */
export async function enforceAgain(entity: Service): Promise<void> {
  delete entity.unenforced
  const { lock } = entity.state
  if (lock?.enforced) await refuseImages(entity.state, lock.enforced, lock.reason).catch(() => undefined)
}

function requested(state: ServiceState, key: string | undefined, body: string | undefined): Release | undefined {
  const known = key === undefined ? undefined : state.requests.find((request) => request.key === key)
  if (!known) return undefined
  const message = 'this Idempotency-Key belongs to another request; use a new key for this one'
  if (known.body !== body) throw refusal({ code: 'KEY_REUSED', message })
  return state.releases.find(({ seq }) => seq === known.seq)
}

async function refuseImages(
  { environment, service, denied }: ServiceState,
  { kind, connection, taskQueue, place }: Enforcement,
  reason: string,
): Promise<{ object: string }> {
  const images = [...new Set(denied.flatMap((one) => one.images.flatMap(formsOf)))]
  const where = { kind, connection, place, ...(taskQueue && { taskQueue }) }
  try {
    return await enforce(where, { environment, service, denied: images, reason })
  } catch (error) {
    throw refusal(problemOf(error, connection))
  }
}
