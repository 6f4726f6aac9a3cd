import type { z } from 'zod'
import type { NotifyCall } from '../../model/calls.ts'
import type { ChannelCredentials } from '../../model/channels.ts'

/** What is told, without the channels that it goes to. Its text is what the channel's templates make of it. */
export type Message = Omit<NotifyCall, 'channels' | 'key' | 'known' | 'unsure'>

/** What a channel answers about its object, to be handed in again when the run has gone on: an id of its own. */
export interface Known {
  known: string
  /** Where people find it. */
  url?: string
}

/**
 * One way to tell people. It decides nothing and retries nothing; errors are UnwindErrors whose words hold no secret.
 * The same key is the same message, and what shows a run is one object per run: told again, it changes what stands there,
 * and adopts what an earlier attempt may have left, as far as the system allows. Who answers `known` is told whenever what
 * it shows of the run should change.
 */
export interface Channel<Schema extends ChannelSchema = ChannelSchema> {
  readonly schema: Schema
  upsert(key: string, message: Message, context: ChannelContext<Schema>): Promise<Known | undefined>
}

export type ChannelSchema = z.ZodObject<{ kind: z.ZodLiteral<string> } & z.ZodRawShape>

export interface ChannelContext<Schema extends ChannelSchema = ChannelSchema> {
  settings: z.infer<Schema>
  /** What this channel answered about the run before. */
  known?: string
  /** This message may have arrived already: an earlier attempt ended without an answer. */
  again: boolean
  signal: AbortSignal
  /** A credential of the worker. Throws CONFIGURATION_INVALID where it has none. */
  secret(name: Exclude<keyof ChannelCredentials, 'user'>): Promise<string>
  user: string | undefined
}

/** Ties the types of one channel together. */
export function defineChannel<Schema extends ChannelSchema>(channel: Channel<Schema>): Channel<Schema> {
  return channel
}
