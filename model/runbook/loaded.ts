import type { Configuration } from '../configuration.ts'
import type { MeasurementKinds } from '../measurement.ts'
import type { Kinds } from '../request.ts'
import type { ParameterValue } from './compiled.ts'
import type { Runbook } from './document.ts'
import type { Surroundings } from './step-problems.ts'

/** A runbook as it was read: `revision` is the sha256 of its canonical JSON, `reviewed` whether protected environments take it. */
export interface LoadedRunbook {
  runbook: Runbook
  revision: string
  /** A file's path, or repository, ref, path and commit. */
  source: string
  reviewed: boolean
}

/** What is said beside the runbook when it is started. */
export interface RunbookRequest {
  environment: string
  reason: string
  parameters?: Record<string, ParameterValue> | undefined
  incident?: string | undefined
  accept?: string[] | undefined
  alert?: { startsAt: string; labels: Record<string, string> } | undefined
  answers?: Record<string, 'yes' | 'no'> | undefined
}

/** What a runbook is compiled against. `others` holds the runbooks that it may embed, by name. */
export interface Around {
  configuration: Configuration
  kinds: Kinds
  measurements: MeasurementKinds
  others?: ReadonlyMap<string, LoadedRunbook> | undefined
}

/** Names that a runbook may tell; `log` is always there. */
export function channelsOf({ channels = {} }: Pick<Configuration, 'channels'>): string[] {
  return [...new Set([...Object.keys(channels), 'log'])]
}

/** What a configuration knows that a runbook may name, for `runbookProblems`. */
export function surroundingsOf(configuration: Configuration, measurements: MeasurementKinds): Surroundings {
  const { connections, environments } = configuration
  const measuring = { measurements, connections, environments: Object.keys(environments) }
  return { channels: channelsOf(configuration), measuring }
}
