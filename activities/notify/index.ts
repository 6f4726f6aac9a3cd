import type { NotifyCall, RunbookActivities, Told } from '../../model/calls.ts'
import { own } from '../../model/compile.ts'
import type { ChannelCredentials } from '../../model/channels.ts'
import type { Configuration } from '../../model/configuration.ts'
import { errors, UnwindError } from '../../model/errors.ts'
import { redact } from '../../model/notices/redact.ts'
import { textOf } from '../../model/notices/template.ts'
import { readSecret } from '../secret.ts'
import type { Channel, ChannelContext, Known } from './channel.ts'
import { channels as known } from './registry.ts'

/** So long one channel may take, in milliseconds; below the limit of the activity, so that the others' results are kept. */
const CHANNEL_LIMIT = 8_000
/** Between two tries where the system doesn't say when, in milliseconds. */
const PAUSE = 5_000

/** `attempt`: which one of the activity it is; `registry`: other channels than the known ones. */
interface Options {
  attempt?: () => number
  registry?: Readonly<Record<string, () => Promise<Channel>>>
}

/**
 * The activity `unwind.notify`: tries each channel, all at once, and answers how it went. Never throws for what a channel
 * does: telling people must not fail a rollback. A name that is not configured is a result like any other.
 */
export function notifier(
  { channels = {}, worker }: Pick<Configuration, 'channels'> & { worker?: Pick<Configuration['worker'], 'channels'> },
  { registry = known, attempt = () => 1 }: Options = {},
): RunbookActivities['unwind.notify'] {
  return async ({ key, channels: names, known: ids = {}, unsure, ...message }) => {
    const again = unsure === true || attempt() > 1
    const tell = async (name: string): Promise<Told> => {
      const settings = own(channels, name) ?? (name === 'log' ? { kind: 'log' as const } : undefined)
      if (!settings) return { name, ok: false, because: 'no such channel is configured' }
      try {
        const answer = await bounded(async (signal) => {
          const channel = await own(registry, settings.kind)?.()
          if (!channel) throw new UnwindError('CONFIGURATION_INVALID', `this worker knows no channel ${settings.kind}`)
          const credentials = own(worker?.channels ?? {}, name) ?? {}
          const before = own(ids, name)
          return channel.upsert(key, worded(message, settings), {
            settings: channel.schema.parse(settings),
            ...(before !== undefined && { known: before }),
            ...{ again, signal, ...credentialsOf(name, credentials) },
          })
        })
        return { name, ok: true, ...answer }
      } catch (error) {
        return { name, ok: false, ...failed(error) }
      }
    }
    return { channels: await Promise.all([...new Set(names)].map(tell)) }
  }
}

type Content = Omit<NotifyCall, 'key' | 'channels' | 'known' | 'unsure'>

/** What a person reads: in the words of the channel's own templates, and without what must not be said aloud. */
function worded(message: Content, settings: { templates?: Record<string, string> | undefined }): Content {
  return { ...message, text: redact(textOf(settings.templates, message)) }
}

function credentialsOf(name: string, credentials: ChannelCredentials): Pick<ChannelContext, 'secret' | 'user'> {
  return {
    user: credentials.user,
    secret: (which) => readSecret(credentials[which], `worker.channels.${name}.${which}`),
  }
}

/** A channel that doesn't look at its signal is left behind, not waited for. */
async function bounded(work: (signal: AbortSignal) => Promise<Known | undefined>): Promise<Known | undefined> {
  const late = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new UnwindError('TARGET_UNREACHABLE', `no answer within ${CHANNEL_LIMIT / 1_000} s`, LATE))
      late.abort()
    }, CHANNEL_LIMIT)
  })
  try {
    return await Promise.race([work(late.signal), limit])
  } finally {
    clearTimeout(timer)
  }
}

/** A request that is given up may still be carried out; whoever tries again waits until it would be seen. */
const LATE = { unsure: true, again: 45_000 }

/** Only words of ours are told on: those of a library may quote an address with a token in it. */
function failed(error: unknown): Pick<Told, 'because' | 'again' | 'unsure'> {
  if (!(error instanceof UnwindError)) return { because: error instanceof Error ? error.name : 'unknown' }
  const { unsure, again } = error.facts ?? {}
  return {
    because: error.message,
    ...(errors[error.code].retryable && { again: typeof again === 'number' ? again : PAUSE }),
    ...(unsure === true && { unsure }),
  }
}
