import { UnwindError } from '../../model/errors.ts'
import type { Api } from '../context.ts'
import { type Caller, requireEnvironment } from '../http/callers.ts'
import type { AlertBody } from '../schemas/alerts.ts'
import type { FlaggerEventRequest, FlaggerRollbackDocument, FlaggerRollbackRequest } from '../schemas/flagger.ts'
import { readDeployable } from '../services/deployable.ts'

/** The alert that a failed canary becomes. */
const ALERT = 'CanaryFailed'
/** Once per failure, whatever failed it (fluxcd/flagger pkg/controller/scheduler.go rollback). */
const FAILED = /^Canary failed!/
/** A freeze stops what begins; it takes back nothing that has begun. */
const GOES_ON: readonly string[] = ['FROZEN']

/**
 * Whether Flagger is to take a canary back now: while a rollback of its service runs or has just ended, its service is
 * locked, or its version is denied. To Flagger every status up to 202 means yes, so no, and not knowing, are errors:
 * ROLLBACK_NOT_WANTED, NOT_FOUND, TEMPORAL_UNAVAILABLE.
 */
export async function wantsRollback(
  api: Api,
  { name, namespace, metadata }: FlaggerRollbackRequest,
  caller: Caller,
): Promise<FlaggerRollbackDocument> {
  const { service, environment, version, image } = metadata
  requireEnvironment(caller, environment)
  if (!Object.hasOwn(api.configuration.environments, environment))
    throw new UnwindError('INVALID_REQUEST', `metadata.environment: there is no environment ${environment}`)
  const asked = { ...(version !== undefined && { version }), ...(image !== undefined && { image }) }
  const { refusals } = await readDeployable(api, { environment, service }, asked)
  const because = refusals.filter(({ code }) => !GOES_ON.includes(code)).map(({ code, text }) => `${code}: ${text}`)
  if (because.length > 0) return { rollback: true, because }
  throw new UnwindError(
    'ROLLBACK_NOT_WANTED',
    `nothing speaks against canary ${namespace}/${name}: no rollback of ${service} runs in ${environment}, and nothing of it is locked or denied`,
  )
}

/** A failed canary as an alert that triggers match by its labels; undefined for every other event. */
export function alertOf({ name, namespace, checksum, metadata }: FlaggerEventRequest): AlertBody | undefined {
  const { eventMessage, eventType: _type, timestamp, ...added } = metadata
  if (!FAILED.test(eventMessage)) return undefined
  return {
    status: 'firing',
    labels: { ...added, alertname: ALERT, canary: name, namespace },
    annotations: { summary: `${eventMessage} (canary ${namespace}/${name})` },
    startsAt: new Date(Number(timestamp)).toISOString(),
    fingerprint: `flagger/${namespace}/${name}/${checksum}`.slice(0, 200),
  }
}
