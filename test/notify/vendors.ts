import type { ChannelSettings } from '../../model/channels.ts'
import type { ChannelCredentials } from '../../model/channels.ts'
import type { Double } from '../doubles/double.ts'
import { startGitHub } from '../doubles/vendors/github.ts'
import { startGrafana } from '../doubles/vendors/grafana.ts'
import { startJira } from '../doubles/vendors/jira.ts'
import { startLinear } from '../doubles/vendors/linear.ts'
import { startPagerDuty } from '../doubles/vendors/pagerduty.ts'
import { startSlack } from '../doubles/vendors/slack.ts'
import { startStatuspage } from '../doubles/vendors/statuspage.ts'
import { startTeams } from '../doubles/vendors/teams.ts'
import { startReceiver } from '../doubles/vendors/webhook.ts'

/** A vendor's double, how a channel to it is configured, and what people find there. */
export interface Vendor {
  double: Double
  settings: object
  credentials: ChannelCredentials
  /** One entry per object, by what must be the only one of its kind; texts of updates included. */
  objects: () => string[]
}

/** The variables that the channels' secrets are in. */
export const SECRETS = {
  UNWIND_TEST_SLACK: 'xoxb-of-a-test',
  UNWIND_TEST_TOKEN: 'of-a-test',
  UNWIND_TEST_ROUTING: 'R0000000000000000000000000000000',
} as const

const token = { token: { env: 'UNWIND_TEST_TOKEN' } }

/** Every kind of channel but log, each with a double of its own. */
export const vendors: Record<Exclude<ChannelSettings['kind'], 'log'>, () => Promise<Vendor>> = {
  slack: async () => {
    const double = await startSlack()
    return {
      double,
      settings: { channel: 'C0123456789', origin: double.url },
      credentials: { token: { env: 'UNWIND_TEST_SLACK' } },
      objects: () => double.messages.map(({ metadata }) => metadata?.event_payload.key ?? 'unmarked'),
    }
  },
  teams: async () => {
    const double = await startTeams()
    process.env['UNWIND_TEST_TEAMS'] = `${double.url}/workflows/w1/triggers/manual/paths/invoke?sig=of-a-test`
    return {
      double,
      settings: { origin: double.url },
      credentials: { url: { env: 'UNWIND_TEST_TEAMS' } },
      objects: () => double.cards.map(({ body }) => body.map(({ text }) => text).join('\n')),
    }
  },
  pagerduty: async () => {
    const double = await startPagerDuty()
    return {
      double,
      settings: { origin: double.url, api: double.url, schedule: 'PSCHED' },
      credentials: { routingKey: { env: 'UNWIND_TEST_ROUTING' }, ...token },
      objects: () => double.alerts.map(({ dedup }) => dedup),
    }
  },
  statuspage: async () => {
    const double = await startStatuspage()
    return {
      double,
      settings: { page: 'page1', components: ['c1'], origin: double.url },
      credentials: token,
      objects: () =>
        double.incidents.flatMap(({ metadata, incident_updates: updates }) => [
          JSON.stringify(metadata),
          ...updates.map(({ status, body }) => `${status}: ${body}`),
        ]),
    }
  },
  github: async () => {
    const double = await startGitHub()
    return {
      double,
      settings: { repository: 'acme/incidents', origin: double.url },
      credentials: token,
      objects: () => double.issues.map(({ body }) => /<!-- unwind:run (.*) -->/.exec(body)?.[1] ?? 'unmarked'),
    }
  },
  jira: async () => {
    const double = await startJira()
    return {
      double,
      settings: { project: 'OPS', origin: double.url },
      credentials: { ...token, user: 'bot@example.test' },
      objects: () => double.issues.map(({ labels }) => labels.join(' ')),
    }
  },
  linear: async () => {
    const double = await startLinear()
    return {
      double,
      settings: { team: '9cfb482a-81e3-4154-b5b9-2c805e70a02d', origin: double.url },
      credentials: token,
      objects: () => double.issues.map(({ id }) => id),
    }
  },
  grafana: async () => {
    const double = await startGrafana()
    return {
      double,
      settings: { dashboard: 'd1', origin: double.url },
      credentials: token,
      objects: () => double.annotations.map(({ tags }) => tags.join(' ')),
    }
  },
  webhook: async () => {
    const double = await startReceiver()
    return {
      double,
      settings: { path: '/hook', origin: double.url },
      credentials: { signingSecret: { env: 'UNWIND_TEST_TOKEN' } },
      objects: () => double.events.map(({ id }) => id),
    }
  },
}
