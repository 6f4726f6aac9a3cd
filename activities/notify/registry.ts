import type { Channel } from './channel.ts'

/** Every kind of channel, loaded on first use, so that a worker pays only for those that it tells through. */
export const channels: Readonly<Record<string, () => Promise<Channel>>> = {
  log: async () => erase((await import('./log.ts')).log),
  slack: async () => erase((await import('./slack/index.ts')).slack),
  teams: async () => erase((await import('./teams.ts')).teams),
  pagerduty: async () => erase((await import('./pagerduty.ts')).pagerduty),
  statuspage: async () => erase((await import('./statuspage.ts')).statuspage),
  github: async () => erase((await import('./github.ts')).github),
  jira: async () => erase((await import('./jira/index.ts')).jira),
  linear: async () => erase((await import('./linear.ts')).linear),
  grafana: async () => erase((await import('./grafana.ts')).grafana),
  webhook: async () => erase((await import('./webhook.ts')).webhook),
}

/** The one place where a channel's own types are dropped; its schema has read the settings before it is called. */
function erase(channel: unknown): Channel {
  return channel as Channel
}
