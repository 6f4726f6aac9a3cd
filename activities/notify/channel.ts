import type { z } from 'zod'
import type { NotifyCall } from '../../model/calls.ts'

/** What is told, without the channels that it goes to. */
export type Message = Omit<NotifyCall, 'channels' | 'key'>

/** What a channel answers about a message, to be handed in again when the message changes: an id of its own. */
export type Known = string

/**
 * One way to tell people. It decides nothing and retries nothing; errors are UnwindErrors whose words hold no secret.
 * The same key is the same message: told again, it changes what stands there, as far as the system allows.
 */
export interface Channel<Schema extends ChannelSchema = ChannelSchema> {
  readonly schema: Schema
  upsert(key: string, message: Message, context: ChannelContext<Schema>): Promise<Known | undefined>
}

export type ChannelSchema = z.ZodObject<{ kind: z.ZodLiteral<string> } & z.ZodRawShape>

export interface ChannelContext<Schema extends ChannelSchema = ChannelSchema> {
  settings: z.infer<Schema>
  known?: Known
  signal: AbortSignal
}

/** Ties the types of one channel together. */
export function defineChannel<Schema extends ChannelSchema>(channel: Channel<Schema>): Channel<Schema> {
  return channel
}
