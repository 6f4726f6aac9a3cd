import { z } from 'zod'
import { Name, Sentence } from '../../model/step.ts'
import { REFUSALS, type RefusalCode } from '../../model/triggers/episode.ts'

const At = z.number().describe('Epoch milliseconds, UTC.')
const Version = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+/@:-]*$/, 'use letters, digits and . _ + / @ : -')
const ImageReference = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._\-/:@]*$/, 'write an image reference, such as shop/checkout:v1.9@sha256:…')
const Hash = z.string().regex(/^[A-Za-z0-9:_+/=-]{4,128}$/, 'write a hash, not a content')
const Label = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')

/** What CI says of a deploy. Never a content of a configuration: hashes only. */
export const ReleaseRequest = z
  .strictObject({
    version: Version,
    images: z.array(ImageReference).max(20).optional().describe('With digests, where they are known.'),
    migrations: z
      .array(z.strictObject({ name: Label, hash: Hash.optional() }))
      .max(100)
      .optional()
      .describe('Those that this release brought.'),
    configuration: z
      .record(Label, Hash)
      .refine((hashes) => Object.keys(hashes).length <= 50, 'at most 50 are kept')
      .optional()
      .describe('Hash by name.'),
    commit: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/, 'write the commit as hex digits')
      .optional(),
    healthy: z.boolean().optional().describe('What the health check after the deploy said. Absent: there was none.'),
    startedAt: z.iso.datetime({ offset: true }).optional().describe('When the deploy began.'),
    deployedAt: z.iso.datetime({ offset: true }).optional().describe('When it was finished. Default: now.'),
  })
  .meta({ id: 'ReleaseRequest' })
export type ReleaseRequest = z.infer<typeof ReleaseRequest>

export const ReleaseDocument = z
  .object({
    seq: z.int(),
    version: z.string(),
    images: z.array(z.string()),
    commit: z.string().exactOptional(),
    migrations: z.array(z.object({ name: z.string(), hash: z.string().exactOptional() })),
    configuration: z.record(z.string(), z.string()),
    startedAt: At.exactOptional(),
    deployedAt: At,
    recorded: z.object({ at: At, by: z.string() }),
    healthy: z.boolean().exactOptional(),
    verified: z
      .object({ at: At, by: z.enum(['health-check', 'run']), runId: z.string().exactOptional() })
      .exactOptional()
      .describe('Absent: nothing has shown that it works.'),
    runId: z.string().exactOptional().describe('The rollback that put it there; absent: it was deployed.'),
  })
  .meta({ id: 'Release' })

export const RecordedDocument = z
  .object({ release: ReleaseDocument, created: z.boolean() })
  .meta({ id: 'RecordedRelease', description: 'created is false where the same release was there already.' })
export type RecordedDocument = z.infer<typeof RecordedDocument>

const codes = Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]]
export const RefusalDocument = z.object({ code: z.enum(codes), text: z.string() })
const Stopped = z.object({ reason: z.string(), by: z.string(), at: At })

const Enforced = z.object({
  kind: z.string(),
  connection: z.string(),
  taskQueue: z.string().exactOptional(),
  place: z.record(z.string(), z.string()),
  object: z.string().describe('What refuses the denied images there.'),
})

export const ServiceDocument = z
  .object({
    service: z.string(),
    environment: z.string(),
    lock: z
      .object({
        ...{ reason: z.string(), by: z.string(), at: At, until: At.exactOptional(), runId: z.string().exactOptional() },
        enforced: Enforced.exactOptional(),
      })
      .exactOptional(),
    stopped: Stopped.exactOptional().describe('Automatic rollbacks of the service are stopped.'),
    releases: z.array(ReleaseDocument).describe('Newest first.'),
    denied: z.array(
      z.object({
        ...{ version: z.string().exactOptional(), images: z.array(z.string()), reason: z.string() },
        ...{ by: z.string(), at: At, runId: z.string().exactOptional() },
      }),
    ),
    episodes: z
      .array(
        z.object({
          ...{ id: z.string(), runbook: z.string(), trigger: z.string(), fingerprint: z.string() },
          ...{ startsAt: At, openedAt: At, resolvedAt: At.exactOptional(), deploy: z.int().exactOptional() },
          standing: z.enum(['open', 'refused', 'proposed', 'acting', 'ended']),
          refusals: z.array(RefusalDocument).exactOptional(),
          runId: z.string().exactOptional(),
        }),
      )
      .describe('What triggers did, newest first.'),
  })
  .meta({ id: 'Service' })
export type ServiceDocument = z.infer<typeof ServiceDocument>

export const DeployableQuery = z.strictObject({
  version: Version.optional(),
  image: z
    .union([ImageReference, z.array(ImageReference).max(20)])
    .optional()
    .describe('May be given more than once.'),
})
export type DeployableQuery = z.infer<typeof DeployableQuery>

export const DeployableDocument = z
  .object({
    deployable: z.boolean(),
    refusals: z.array(
      z.object({
        code: z.enum(['LOCKED', 'DENIED', 'ROLLBACK_RUNNING', 'ROLLBACK_CONCLUDING', 'FROZEN']),
        text: z.string(),
      }),
    ),
  })
  .meta({ id: 'Deployable' })
export type DeployableDocument = z.infer<typeof DeployableDocument>

export const LockRequest = z
  .strictObject({
    reason: Sentence,
    until: z.iso.datetime({ offset: true }).optional().describe('It falls by itself then. Default: a person unlocks.'),
    enforce: z
      .strictObject({
        connection: Name.optional().describe('Default: the cluster of the environment.'),
        namespace: Name.optional().describe('Default: the namespace of the environment.'),
      })
      .optional()
      .describe('Refuse the denied images in the system itself.'),
  })
  .meta({ id: 'LockRequest' })
export type LockRequest = z.infer<typeof LockRequest>

export const UnlockRequest = z
  .strictObject({
    reason: Sentence,
    allow: z.array(Version).max(20).optional().describe('Versions or images that are no longer denied.'),
  })
  .meta({ id: 'UnlockRequest' })

export const DenyRequest = z
  .strictObject({ reason: Sentence, version: Version.optional(), images: z.array(ImageReference).max(20).optional() })
  .refine(({ version, images }) => version !== undefined || (images ?? []).length > 0, 'name a version or an image')
  .meta({ id: 'DenyRequest' })

export const AutomationRequest = z
  .strictObject({ automatic: z.enum(['stop', 'go']), reason: Sentence })
  .meta({ id: 'AutomationRequest' })

export const WhichEnvironment = z.strictObject({ environment: Name })

export const FleetDocument = z
  .object({
    environment: z.string(),
    stopped: Stopped.exactOptional().describe('Automatic rollbacks in the environment are stopped.'),
    acting: z.array(z.object({ id: z.string(), service: z.string(), at: At })).describe('Those that run now.'),
    started: z.array(At).describe('When the last ones started.'),
    alerting: z.array(z.object({ service: z.string(), at: At })),
    monitoring: z.array(z.object({ fingerprint: z.string(), since: At })).describe('Alerts that monitoring is down.'),
  })
  .meta({ id: 'Fleet', description: 'What the services of an environment share.' })
export type FleetDocument = z.infer<typeof FleetDocument>
