import type { Channel } from './channel.ts'

/** Every kind of channel, loaded on first use, so that a worker pays only for those that it tells through. */
export const channels: Readonly<Record<string, () => Promise<Channel>>> = {
  log: async () => erase((await import('./log.ts')).log),
}

/** The one place where a channel's own types are dropped; its schema has read the settings before it is called. */
function erase(channel: unknown): Channel {
  return channel as Channel
}
