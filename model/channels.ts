import { z } from 'zod'

/** One JSON line on stderr of the worker that tells: for machines without a chat, and for tests. */
export const LogChannel = z.strictObject({ kind: z.literal('log') })

/** A way to tell people, named in unwind.yaml; runbooks name it and know nothing of what it leads to. */
export const ChannelSettings = z.discriminatedUnion('kind', [LogChannel])
export type ChannelSettings = z.infer<typeof ChannelSettings>
