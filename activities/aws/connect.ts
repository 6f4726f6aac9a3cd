import { RDSClient, type RDSClientConfig } from '@aws-sdk/client-rds'
import { z } from 'zod'
import { milliseconds } from '../../model/duration.ts'
import { Duration } from '../../model/step.ts'

/** One account and region, as a worker reaches it. */
export interface Aws {
  rds: RDSClient
  /** What a client of another service of the same account and region is made with. */
  settings: Pick<RDSClientConfig, 'region' | 'endpoint' | 'profile' | 'maxAttempts' | 'requestHandler'>
  name: string
  region: string
  account: string
  /** Milliseconds between two looks at something that is under way, at most. */
  poll: number
  /** As what a database was seen last, and how often in a row, by resource id; a worker that starts anew counts anew. */
  looks: Map<string, { as: string; times: number }>
}

const Settings = z.object({
  profile: z.string().optional(),
  pin: z.object({
    region: z.string(),
    account: z.string(),
    endpoint: z.string().optional(),
    poll: Duration.optional(),
  }),
})

/** AWS does not tell more often what it is doing; throttling is per account and region. */
const POLL = 20_000
const REQUEST_LIMIT = 15_000

/** Opens a connection of kind aws. Credentials come from the SDK's own chain, or from the profile that the worker names. */
export async function connect(settings: unknown, name: string): Promise<Aws> {
  const { profile, pin } = Settings.parse(settings)
  const { region, account, endpoint, poll } = pin
  const client = {
    region,
    ...(endpoint && { endpoint }),
    ...(profile && { profile }),
    // What the SDK repeats by itself may have been done the first time: every write is followed by a look.
    maxAttempts: 3,
    requestHandler: { requestTimeout: REQUEST_LIMIT, connectionTimeout: 5_000 },
  }
  return {
    rds: new RDSClient(client),
    settings: client,
    name,
    region,
    account,
    poll: poll ? milliseconds(poll) : POLL,
    looks: new Map(),
  }
}
