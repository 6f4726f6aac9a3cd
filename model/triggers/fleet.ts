import type { Stopped } from '../service/state.ts'
import type { Refusal } from './episode.ts'
import type { GateSettings } from './gate-settings.ts'

const DAY = 24 * 60 * 60_000
/** A rollback that never said that it ended holds its place no longer. */
const HELD_AT_MOST = DAY
const MOST = 500

/** What is shared by all services of an environment. Times are epoch milliseconds. */
export interface FleetState {
  format: 1
  environment: string
  /** The kill switch of the environment. */
  stopped?: Stopped
  /** Rollbacks that started by themselves and have not ended, by the id of their proposal. */
  acting: { id: string; service: string; at: number }[]
  /** When the last ones started. */
  started: number[]
  /** When each service last began to alert. */
  alerting: { service: string; at: number }[]
  /** Since when alerts say that monitoring is down, by fingerprint. */
  monitoring: { fingerprint: string; since: number }[]
}

export interface FleetInput {
  format: 1
  environment: string
  events?: number
  carried?: FleetState
}

export function openFleet({ environment, carried }: FleetInput): FleetState {
  return carried ?? { format: 1, environment, acting: [], started: [], alerting: [], monitoring: [] }
}

/** A service has begun to alert. */
export function noteAlert(state: FleetState, service: string, now: number): void {
  state.alerting = [{ service, at: now }, ...state.alerting.filter((other) => other.service !== service)].slice(0, MOST)
}

/** An alert about monitoring itself fires, or no longer does. */
export function noteMonitoring(state: FleetState, fingerprint: string, since: number | undefined): void {
  const others = state.monitoring.filter((other) => other.fingerprint !== fingerprint)
  state.monitoring = since === undefined ? others : [{ fingerprint, since }, ...others].slice(0, MOST)
}

/** Why nothing starts or goes on by itself in this environment; undefined where nothing speaks against it. */
export function fleetStop({ stopped, monitoring }: FleetState): Refusal | undefined {
  if (stopped) return { code: 'STOPPED', text: `automatic rollbacks are stopped by ${stopped.by}: ${stopped.reason}` }
  const [down] = monitoring
  if (!down) return undefined
  return { code: 'MONITORING_DOWN', text: `monitoring itself is down since ${new Date(down.since).toISOString()}` }
}

/**
 * Says why a rollback may not start by itself in this environment; where it may, and is about to (`acts`), it takes a
 * place for it. Twice is once.
 */
export function reserve(
  state: FleetState,
  { id, service, acts, settings: { fleet } }: { id: string; service: string; acts: boolean; settings: GateSettings },
  now: number,
): Refusal[] {
  state.acting = state.acting.filter(({ at }) => at > now - HELD_AT_MOST)
  state.started = state.started.filter((at) => at > now - DAY)
  if (state.acting.some((other) => other.id === id)) return []
  const stop = fleetStop(state)
  const alerting = state.alerting.filter(({ at }) => at > now - fleet.window).length
  const refusals: Refusal[] = [
    ...(stop ? [stop] : []),
    ...(alerting >= fleet.incident
      ? [
          {
            code: 'INFRASTRUCTURE' as const,
            text: `${alerting} services alert together: that is no matter of one deploy`,
          },
        ]
      : []),
    ...(state.acting.length >= fleet.atOnce
      ? [{ code: 'BUDGET' as const, text: `${state.acting.length} rollbacks that started by themselves are running` }]
      : []),
    ...(state.started.length >= fleet.perDay
      ? [{ code: 'BUDGET' as const, text: `${state.started.length} rollbacks started by themselves within a day` }]
      : []),
  ]
  if (refusals.length > 0 || !acts) return refusals
  state.acting.push({ id, service, at: now })
  state.started.unshift(now)
  return []
}

/** Gives the place back. */
export function giveBack(state: FleetState, id: string): void {
  state.acting = state.acting.filter((other) => other.id !== id)
}
