import type { Episode, Refusal } from '../triggers/episode.ts'
import type { Admission } from '../triggers/gates.ts'
import type { GateSettings } from '../triggers/gate-settings.ts'
import type { Conclusion } from './conclusion.ts'
import type { Enforcement } from './state.ts'

/** Activities by which runs and proposals reach the workflows of services and fleets, and the other way round. */
export interface ServiceActivities {
  /**
   * Leaves word with the service that a run has ended; it is durable once this answers. Lets go of the objects that are
   * named, and says so: a worker of an earlier version does neither.
   */
  'unwind.conclude'(call: Place & EndedAs & { objects?: string[] }): Promise<{ letGo: true } | void>
  /** What the end of a run means, read from its own record. Undefined: it left none. */
  'unwind.conclusion'(call: Place & EndedAs): Promise<Conclusion | undefined>
  /** Asks a service or a fleet, which begins to exist by being asked. */
  'unwind.entity'(call: EntityCall): Promise<unknown>
  /** Why nothing goes on by itself now, asked of service and fleet; no answer is such a reason. */
  'unwind.stops'(call: Place): Promise<Refusal | undefined>
}

interface Place {
  environment: string
  service: string
}

/** A run by its identity, and by the execution that ends it. */
interface EndedAs {
  runId: string
  executionId: string
}

/** The updates that proposals send: unsigned, because they can do no more than use up what limits them. */
export interface EntityUpdates {
  open: { to: 'service'; argument: Omit<Episode, 'openedAt' | 'standing'>; answer: Episode }
  admit: { to: 'service'; argument: Admission; answer: { refusals: Refusal[]; deploy?: number } }
  settle: { to: 'service'; argument: Pick<Episode, 'id' | 'standing' | 'refusals' | 'runId'>; answer: null }
  alerting: { to: 'fleet'; argument: { service: string }; answer: null }
  reserve: {
    to: 'fleet'
    argument: { id: string; service: string; acts: boolean; settings: GateSettings }
    answer: Refusal[]
  }
  giveBack: { to: 'fleet'; argument: { id: string }; answer: null }
}

export interface EntityCall extends Place {
  update: keyof EntityUpdates
  argument: unknown
}

/** Which workflow takes an update. */
export const ENTITY_OF: { [Update in keyof EntityUpdates]: EntityUpdates[Update]['to'] } = {
  open: 'service',
  admit: 'service',
  settle: 'service',
  alerting: 'fleet',
  reserve: 'fleet',
  giveBack: 'fleet',
}

/** Registered as `<kind>.enforce` for targets that can refuse images. Nothing denied takes the refusal away. */
export interface EnforceCall extends Place {
  connection: string
  place: Enforcement['place']
  denied: string[]
  reason: string
}
