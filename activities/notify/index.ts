import type { RunbookActivities } from '../../model/calls.ts'
import { own } from '../../model/compile.ts'
import type { Configuration } from '../../model/configuration.ts'
import { UnwindError } from '../../model/errors.ts'
import type { Channel } from './channel.ts'
import { channels as known } from './registry.ts'

/** So long one channel may take, in milliseconds; below the limit of the activity, so that the others' results are kept. */
const CHANNEL_LIMIT = 8_000

type Told = Awaited<ReturnType<RunbookActivities['unwind.notify']>>['channels'][number]

/**
 * The activity `unwind.notify`: tries each channel, all at once, and answers how it went. Never throws for what a channel
 * does: telling people must not fail a rollback. A name that is not configured is a result like any other.
 */
export function notifier(
  { channels = {} }: Pick<Configuration, 'channels'>,
  registry: Readonly<Record<string, () => Promise<Channel>>> = known,
): RunbookActivities['unwind.notify'] {
  return async ({ key, channels: names, ...message }) => {
    const tell = async (name: string): Promise<Told> => {
      const settings = own(channels, name) ?? (name === 'log' ? { kind: 'log' as const } : undefined)
      if (!settings) return { name, ok: false, because: 'no such channel is configured' }
      try {
        await bounded(async (signal) => {
          const channel = await registry[settings.kind]?.()
          if (!channel) throw new UnwindError('CONFIGURATION_INVALID', `this worker knows no channel ${settings.kind}`)
          await channel.upsert(key, message, { settings: channel.schema.parse(settings), signal })
        })
        return { name, ok: true }
      } catch (error) {
        return { name, ok: false, because: reasonOf(error) }
      }
    }
    return { channels: await Promise.all([...new Set(names)].map(tell)) }
  }
}

/** A channel that doesn't look at its signal is left behind, not waited for. */
async function bounded(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const late = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late.abort()
      reject(new UnwindError('TARGET_UNREACHABLE', `no answer within ${CHANNEL_LIMIT / 1_000} s`))
    }, CHANNEL_LIMIT)
  })
  try {
    await Promise.race([work(late.signal), limit])
  } finally {
    clearTimeout(timer)
  }
}

/** Only words of ours are told on: those of a library may quote an address with a token in it. */
function reasonOf(error: unknown): string {
  if (error instanceof UnwindError) return error.message
  return error instanceof Error ? error.name : 'unknown'
}
