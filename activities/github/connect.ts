import { z } from 'zod'
import { GitHubApp } from '../../model/connections/github.ts'
import { milliseconds } from '../../model/duration.ts'
import { Secret } from '../../model/secret.ts'
import { Duration } from '../../model/step.ts'
import { type Grant, granting } from './token.ts'

/** One repository on GitHub, as a worker reaches it. */
export interface GitHub {
  name: string
  origin: string
  /** `owner/name`. */
  repository: string
  /** Milliseconds between two looks at something that is under way. */
  poll: number
  grant(signal: AbortSignal): Promise<Grant>
  /** Dispatches of this process whose run is not seen yet, by the mark of the run; a process that starts anew knows none. */
  sent: Map<string, Sent>
}

/** `taken`: GitHub has said that it took it. */
export interface Sent {
  at: number
  taken: boolean
  run?: number
}

const Settings = z.object({
  token: Secret.optional(),
  app: GitHubApp.optional(),
  pin: z.object({ origin: z.string(), repository: z.string(), poll: Duration.optional() }),
})

const POLL = 15_000

/** Opens a connection of kind github; touches no network. */
export async function connect(settings: unknown, name: string): Promise<GitHub> {
  const { token, app, pin } = Settings.parse(settings)
  const { origin, repository, poll } = pin
  const grant = granting({ name, origin, token, app })
  return { name, origin, repository, grant, poll: poll ? milliseconds(poll) : POLL, sent: new Map() }
}
