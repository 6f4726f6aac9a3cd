import { z } from 'zod'
import { ChannelCredentials, ChannelSettings } from './channels.ts'
import { ArgoCdConnection } from './connections/argo-cd.ts'
import { Credentials } from './connections/credentials.ts'
import { LaunchDarklyConnection, UnleashConnection } from './connections/flags.ts'
import { GitConnection } from './connections/git.ts'
import { GitHubConnection } from './connections/github.ts'
import { GrafanaConnection } from './connections/grafana.ts'
import { ImageSettings } from './connections/images.ts'
import { OpenFeatureConnection } from './connections/openfeature.ts'
import { askedFields } from './connections/origin.ts'
import { PrometheusConnection } from './connections/prometheus.ts'
import { S3 } from './connections/s3.ts'
import { VaultConnection } from './connections/vault.ts'
import { RunbookSettings } from './runbook/settings.ts'
import { Secret } from './secret.ts'
import { Duration, Name } from './step.ts'
import { TriggerSettings } from './triggers/settings.ts'
import { MODES } from './triggers/modes.ts'

const Subject = z.string().min(1).max(200)
const Group = z.string().min(1).max(200)

/** What a caller may do. `admin` includes all others. */
export const VERBS = [
  'read',
  'plan',
  'start',
  'approve',
  'decide',
  'abort',
  'break-glass',
  'record',
  'lock',
  'trigger',
  'admin',
] as const
export type Verb = (typeof VERBS)[number]

export const Token = z.strictObject({
  subject: Subject,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'write the sha256 of the token as 64 hex digits (unwind token hash)'),
  groups: z.array(Group).max(50).default([]),
  verbs: z.array(z.enum(VERBS)).min(1).max(VERBS.length),
  environments: z
    .array(z.union([Name, z.literal('*')]))
    .min(1)
    .max(100),
  expires: z.iso.datetime().optional(),
})
export type Token = z.infer<typeof Token>

const SlackHook = z
  .strictObject({
    signingSecret: Secret.describe('Of the Slack app: only what it has signed is taken.'),
    users: z
      .record(z.string().regex(/^[UW][A-Z0-9]{2,30}$/, 'use the id of a Slack user (U…)'), Subject)
      .refine((value) => Object.keys(value).length <= 1_000, 'at most 1000 are allowed')
      .describe('Slack user id → subject of a token under api.tokens, whose groups, verbs and environments count.'),
    origin: z.url().default('https://hooks.slack.com').describe('Answers to a press go nowhere else.'),
  })
  .describe('Takes approvals from the buttons of Slack messages, at /v1/hooks/slack.')
export type SlackHook = z.infer<typeof SlackHook>

const Approval = z.strictObject({
  min: z.int().min(1).max(10),
  groups: z.array(Group).max(20).default([]),
  self: z.boolean().default(false),
  expires: Duration.default('30m'),
})

const PolicyFloor = z.strictObject({
  approvals: z.array(Approval).max(10).default([]),
  kinds: z.array(z.string()).max(50).optional(),
  inline: z.boolean().optional().describe('Whether a rollback may carry its own steps. Default: not where protected.'),
})

export const Environment = z
  .object({
    policy: PolicyFloor.default({ approvals: [] }),
    automatic: z
      .enum(MODES)
      .optional()
      .describe('The most that triggers may do here, whatever runbooks say. Default: propose.'),
    protected: z
      .boolean()
      .optional()
      .describe('Only reviewed runbooks run here, and every rule for approvals names groups.'),
  })
  .catchall(z.string().min(1).max(253))
  .describe(
    'policy: the floor that every rollback here keeps; protected: reviewed runbooks only. Every other key is a default for the steps (cluster, namespace).',
  )

const KubernetesConnection = z.strictObject({
  kind: z.literal('kubernetes'),
  environment: Name,
  server: z.url().describe('API server that the kubeconfig must lead to.'),
  caSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .describe('sha256 of the DER certificate of the cluster CA. Absent only for a plain http server on loopback.'),
  clusterUid: z.string().max(64).optional().describe('uid of the namespace kube-system.'),
  images: ImageSettings.optional(),
  taskQueue: Name.optional().describe('Queue of the workers that hold the credentials. Default: the common queue.'),
})

const HttpConnection = z.strictObject({
  kind: z.literal('http'),
  ...askedFields,
})
export type HttpConnection = z.infer<typeof HttpConnection>

const PostgresConnection = z.strictObject({
  kind: z.literal('postgres'),
  environment: Name,
  host: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?$/, 'write a host name or an address')
    .describe('The server itself: sessions through a pooler lose their locks.'),
  port: z.int().min(1).max(65_535).default(5_432),
  database: z.string().min(1).max(63),
  tls: z
    .enum(['verify', 'off'])
    .default('verify')
    .describe('verify: the certificate must be good for the host. off: for a server that offers none.'),
  systemIdentifier: z
    .string()
    .regex(/^[0-9]{1,20}$/, 'write the number that SELECT system_identifier FROM pg_control_system() answers')
    .optional()
    .describe('Of the server that the host must lead to, as pg_control_system() answers it.'),
  taskQueue: Name.optional().describe('Queue of the workers that hold the credentials. Default: the common queue.'),
})

const AwsConnection = z.strictObject({
  kind: z.literal('aws'),
  environment: Name,
  region: z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'write a region, such as eu-central-1'),
  account: z
    .string()
    .regex(/^\d{12}$/, 'write the 12 digits of the account')
    .describe('Objects of any other are refused.'),
  endpoint: z
    .url()
    .refine((url) => /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(url).hostname), 'must be on this machine')
    .optional()
    .describe('Of a double of AWS on this machine, for tests. Default: AWS.'),
  poll: Duration.optional().describe('Between two looks at what is under way. Default: 20s.'),
  taskQueue: Name.optional().describe('Queue of the workers that hold the credentials. Default: the common queue.'),
})

/** Shared by API and workers; never a credential. */
export const Connection = z.discriminatedUnion('kind', [
  KubernetesConnection,
  HttpConnection,
  PostgresConnection,
  PrometheusConnection,
  GrafanaConnection,
  OpenFeatureConnection,
  AwsConnection,
  UnleashConnection,
  LaunchDarklyConnection,
  VaultConnection,
  GitConnection,
  GitHubConnection,
  ArgoCdConnection,
])
export type Connection = z.infer<typeof Connection>

/** Where reports are kept, for API and workers alike. Credentials of S3 come from the SDK's own chain, never from here. */
export const ArchiveSettings = z.union([
  z.strictObject({ folder: z.string().min(1).max(1_000).describe('Path; API and workers see the same files there.') }),
  z.strictObject({ s3: S3 }),
])
export type ArchiveSettings = z.infer<typeof ArchiveSettings>

export const Configuration = z
  .strictObject({
    apiVersion: z.literal('unwind/v1'),
    kind: z.literal('Configuration'),
    environments: z.record(Name, Environment),
    connections: z.record(Name, Connection),
    temporal: z
      .strictObject({ taskQueue: Name.optional() })
      .optional()
      .describe('Address, namespace and TLS come from TEMPORAL_* and the profile of the Temporal CLI.'),
    channels: z
      .record(Name, ChannelSettings)
      .optional()
      .describe('Ways to tell people, by the names that runbooks use. There is always one called log.'),
    runbooks: RunbookSettings.optional().describe('Where runbooks are read from. Default: there are none.'),
    ready: z
      .strictObject({ every: Duration.default('1h') })
      .optional()
      .describe('The API plans every runbook that often, and tells by unwind_ready what it found. Default: never.'),
    archive: ArchiveSettings.optional().describe('Where reports outlive Temporal’s retention. Default: nowhere.'),
    triggers: TriggerSettings.optional().describe('What keeps rollbacks in check that start by themselves.'),
    api: z
      .strictObject({
        host: z.string().min(1).default('127.0.0.1'),
        port: z.int().min(0).max(65_535).default(7_420),
        url: z.url().optional().describe('Where people reach the API; used in messages and links.'),
        temporalUi: z.url().optional(),
        tokens: z.array(Token).max(1_000).default([]),
        grafana: z
          .strictObject({
            secret: z.string().min(1).describe('Path of a file that holds the secret of the contact point.'),
            timestampHeader: z
              .string()
              .regex(/^[A-Za-z0-9-]{1,60}$/)
              .optional()
              .describe('The header that the contact point sends the time in, where it does.'),
          })
          .optional()
          .describe('Webhooks that Grafana signs need no token. The API’s alone.'),
        signingKey: z.string().optional().describe('Path of the Ed25519 private key (PKCS 8, PEM). The API’s alone.'),
        slack: SlackHook.optional(),
      })
      .prefault({}),
    worker: z
      .strictObject({
        credentials: z.record(Name, Credentials).default({}).describe('By connection. The worker’s alone.'),
        channels: z
          .record(Name, ChannelCredentials)
          .default({})
          .describe('Tokens by channel: where each is found, never the token itself.'),
        verifyKeys: z
          .array(z.string())
          .max(5)
          .default([])
          .describe('Paths of public keys (SPKI, PEM) whose signatures count.'),
        heartbeat: Duration.default('10s'),
      })
      .prefault({}),
  })
  .meta({ id: 'Configuration', description: 'unwind.yaml' })
export type Configuration = z.infer<typeof Configuration>
