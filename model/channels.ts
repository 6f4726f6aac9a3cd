import { z } from 'zod'
import { Origin as AnyOrigin } from './connections/origin.ts'
import { Secret } from './secret.ts'

const Origin = AnyOrigin.describe(
  'The only place that the channel talks to. Another than the vendor’s own is for installations of one’s own.',
)

const Id = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'use the id as the system writes it: letters, digits, - and _')

/** Words of one's own for a message, by event; `*` is for all others. What may be named stands in model/notices/template.ts. */
const templates = z
  .record(z.string().regex(/^(\*|[a-z][a-z-]{0,39})$/, 'use the name of an event, or *'), z.string().min(1).max(2_000))
  .refine((value) => Object.keys(value).length <= 50, 'at most 50 are allowed')
  .optional()
  .describe('Text by event, or * for the others, such as "{{ service }}: {{ text }}".')

/** One JSON line on stderr of the worker that tells: for machines without a chat, and for tests. */
export const LogChannel = z.strictObject({ kind: z.literal('log'), templates })

/** One message per run, changed in place, and a reply in its thread per event. Token: chat:write, channels:history. */
export const SlackChannel = z.strictObject({
  kind: z.literal('slack'),
  channel: Id.describe('Id of the conversation (C…), not its name.'),
  buttons: z.boolean().default(true).describe('Approve and reject in the message. Presses go to /v1/hooks/slack.'),
  origin: Origin.default('https://slack.com'),
  templates,
})

/** A card per event. Such a webhook can change no card and tells of none, so what may have arrived is not sent again. */
export const TeamsChannel = z.strictObject({
  kind: z.literal('teams'),
  origin: Origin.describe('Of the workflow’s webhook, whose whole address is the worker’s secret.'),
  templates,
})

/** One alert per need of a person: triggered, acknowledged by a claim, resolved when nobody is needed any more. */
export const PagerDutyChannel = z.strictObject({
  kind: z.literal('pagerduty'),
  severity: z.enum(['critical', 'error', 'warning', 'info']).default('critical'),
  schedule: Id.optional().describe('Who is on call by it may approve as group pagerduty:<name of the channel>.'),
  origin: Origin.default('https://events.pagerduty.com'),
  api: Origin.default('https://api.pagerduty.com'),
  templates,
})

/** One public incident per run. Only the text of its templates and the service’s name are published. */
export const StatuspageChannel = z.strictObject({
  kind: z.literal('statuspage'),
  page: Id,
  components: z.array(Id).max(50).default([]).describe('Shown as degraded until the service has recovered.'),
  subscribers: z.boolean().default(true).describe('Whether they get mail.'),
  origin: Origin.default('https://api.statuspage.io'),
  templates,
})

/** One issue per run, with its report. */
export const GitHubChannel = z.strictObject({
  kind: z.literal('github'),
  repository: z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, 'write owner/name'),
  label: Id.default('unwind').describe('Set on every issue; issues are found again by it.'),
  origin: Origin.default('https://api.github.com'),
  templates,
})

/** One issue per run, with its report. */
export const JiraChannel = z.strictObject({
  kind: z.literal('jira'),
  project: z.string().regex(/^[A-Z][A-Z0-9_]{1,9}$/, 'use the key of the project'),
  issueType: z.string().min(1).max(60).default('Task'),
  origin: Origin,
  templates,
})

/** One issue per run, with its report. */
export const LinearChannel = z.strictObject({
  kind: z.literal('linear'),
  team: z.uuid(),
  origin: Origin.default('https://api.linear.app'),
  templates,
})

/** One annotation per run, a region from its start to its end. */
export const GrafanaChannel = z.strictObject({
  kind: z.literal('grafana'),
  dashboard: Id.optional().describe('uid. Default: all dashboards that show annotations with the tag unwind.'),
  panel: z.int().min(0).optional(),
  origin: Origin,
  templates,
})

/** One CloudEvent per event (JSON, signed as Standard Webhooks say). The id is stable: receivers drop what they have. */
export const WebhookChannel = z.strictObject({
  kind: z.literal('webhook'),
  origin: Origin,
  path: z
    .string()
    .regex(/^\/[\u0021-\u005b\u005d-\u007e]{0,500}$/, 'begin with a slash')
    .default('/'),
  templates,
})

/** A way to tell people, named in unwind.yaml; runbooks name it and know nothing of what it leads to. */
export const ChannelSettings = z.discriminatedUnion('kind', [
  LogChannel,
  SlackChannel,
  TeamsChannel,
  PagerDutyChannel,
  StatuspageChannel,
  GitHubChannel,
  JiraChannel,
  LinearChannel,
  GrafanaChannel,
  WebhookChannel,
])
export type ChannelSettings = z.infer<typeof ChannelSettings>

/** What a worker holds for a channel. Which of them a kind needs stands in docs/guide/channels.md. */
export const ChannelCredentials = z.strictObject({
  token: Secret.optional().describe('Slack, Statuspage, GitHub, Jira, Linear, Grafana; PagerDuty’s REST API.'),
  user: z.string().min(1).max(200).optional().describe('Jira: the e-mail address that the token belongs to.'),
  routingKey: Secret.optional().describe('PagerDuty.'),
  url: Secret.optional().describe('Teams: the whole address of the webhook.'),
  signingSecret: Secret.optional().describe('Webhook: whsec_… or any text.'),
})
export type ChannelCredentials = z.infer<typeof ChannelCredentials>
