import type { CompiledMeasurement } from '../runbook/compiled.ts'
import type { RunInput } from '../run.ts'
import type { Trigger } from './episode.ts'
import type { GateSettings } from './gate-settings.ts'

/** A trigger's own condition: a measurement, and whether the trigger fires while it holds or while it fails. */
export interface Watched {
  measurement: CompiledMeasurement
  fires: 'holds' | 'fails'
  connection: string
  taskQueue?: string
}

/** What a durable watch of one trigger is started with. Milliseconds. */
export interface WatchInput {
  format: 1
  trigger: Trigger
  watched: Watched
  every: number
  /** So long the condition has to hold without a break. */
  for: number
  run: RunInput
  settings: GateSettings
  /** Hash of all of the above but the settings: another one means that the runbook was changed. */
  revision: string
  url?: string
  events: number
  carried?: WatchState
}

/** What a watch has seen: what its query `watch` answers. Times are epoch milliseconds. */
export interface WatchState {
  format: 1
  trigger: Trigger
  revision: string
  looks: number
  last?: { at: number; fires: 'yes' | 'no' | 'unknown'; evidence: string }
  /** Since when the condition holds without a break. */
  since?: number
  /** The episode that is open, and when it began. */
  episode?: { id: string; startsAt: number }
}
