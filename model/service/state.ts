import type { Episode } from '../triggers/episode.ts'

/** What was deployed to one environment, as CI or a finished rollback recorded it. Times are epoch milliseconds. */
export interface Release {
  /** Counts up within the service; never given twice. */
  seq: number
  version: string
  /** Image references, with a digest where CI knows it. */
  images: string[]
  commit?: string
  migrations: Migration[]
  /** Hash by the name of a piece of configuration; never its content. */
  configuration: Record<string, string>
  /** When the deploy began, where CI says so, and when it was finished. */
  startedAt?: number
  deployedAt: number
  recorded: { at: number; by: string }
  /** What the health check after the deploy said; absent: there was none. */
  healthy?: boolean
  /** Absent: nothing has shown that it works. */
  verified?: { at: number; by: 'health-check' | 'run'; runId?: string }
  /** The rollback that put it there; absent: it was deployed. */
  runId?: string
}

/** One migration that a release brought, by the name that its tool gives it. */
export interface Migration {
  name: string
  hash?: string
}

/** Nothing is to be deployed while it stands. */
export interface DeployLock {
  reason: string
  by: string
  at: number
  /** It falls by itself then; absent: it stands until a person takes it away. */
  until?: number
  /** The rollback that left it. */
  runId?: string
  /** What keeps the denied images out of a system as well. */
  enforced?: Enforced
}

/** Where denied images are refused: a kind of target with its connection, and the place in it. */
export interface Enforcement {
  kind: string
  connection: string
  taskQueue?: string
  place: Record<string, string>
}

export interface Enforced extends Enforcement {
  /** What the system calls that which refuses them. */
  object: string
}

/** A version that is not to be deployed again. */
export interface Denied {
  version?: string
  images: string[]
  reason: string
  by: string
  at: number
  runId?: string
}

/** A rollback that has ended, as far as later decisions need it. */
export interface EndedRun {
  runId: string
  outcome: string
  at: number
  by: string
  /** The versions or images that were left and reached. */
  left: string
  reached: string
  automatic?: boolean
}

/** The whole of a service in one environment. Lists are newest first and bounded, see `ledger.ts`. */
export interface ServiceState {
  format: 1
  service: string
  environment: string
  /** The last seq that a release got. */
  seq: number
  releases: Release[]
  lock?: DeployLock
  denied: Denied[]
  runs: EndedRun[]
  episodes: Episode[]
  /** Automatic rollbacks of this service are stopped. */
  stopped?: Stopped
  /** Runs that have ended and are not read yet: what they mean for deploys is not known meanwhile. */
  concluding: string[]
  /** Idempotency keys and the release that each has recorded. */
  requests: { key: string; body: string; seq: number }[]
}

/** The kill switch: no rollback starts or goes on by itself. */
export interface Stopped {
  reason: string
  by: string
  at: number
}

/** What the service workflow is started with. `events` as in RunLimits. */
export interface ServiceInput {
  format: 1
  service: string
  environment: string
  events?: number
  carried?: ServiceState
}

export function openService({ service, environment, carried }: ServiceInput): ServiceState {
  if (carried) return carried
  const lists = { releases: [], denied: [], runs: [], episodes: [], concluding: [], requests: [] }
  return { format: 1, service, environment, seq: 0, ...lists }
}
