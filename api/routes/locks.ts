import { UnwindError } from '../../model/errors.ts'
import { connectionOf } from '../../model/compile.ts'
import type { ServiceMessages } from '../../model/service/messages.ts'
import type { Enforcement, ServiceState } from '../../model/service/state.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { Place } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'
import {
  AutomationRequest,
  DenyRequest,
  FleetDocument,
  LockRequest,
  ServiceDocument,
  UnlockRequest,
  WhichEnvironment,
} from '../schemas/services.ts'
import { readFleet, tellFleet, tellService } from '../services/entity.ts'
import { serviceDocument } from './services.ts'

const tags = ['services']
const common = { tags, params: Place, response: { 200: ServiceDocument, ...problems(404, 409, 413, 415, 502) } }

/** Deploy locks, denied versions, and the kill switch of what starts by itself. */
export function lockRoutes(app: App, api: Api): void {
  const url = '/v1/services/:environment/:service'
  app.route({
    method: 'POST',
    url: `${url}/lock`,
    schema: { ...common, operationId: 'lockService', summary: 'Lock deploys of a service', body: LockRequest },
    handler: (request) => {
      const { reason, until, enforce } = request.body
      const where = enforce && enforcementOf(api, request.params.environment, enforce)
      const message = { reason, ...(until && { until: Date.parse(until) }), ...(where && { enforce: where }) }
      return told(api, request.params, { name: 'lock', message, actor: callerOf(request).actor })
    },
  })
  app.route({
    method: 'POST',
    url: `${url}/unlock`,
    schema: {
      ...common,
      operationId: 'unlockService',
      summary:
        'Take the lock away, and what refuses images with it; denied versions stay denied unless they are allowed',
      body: UnlockRequest,
    },
    handler: (request) => {
      const { reason, allow } = request.body
      const message = { reason, ...(allow && { allow }) }
      return told(api, request.params, { name: 'unlock', message, actor: callerOf(request).actor })
    },
  })
  app.route({
    method: 'POST',
    url: `${url}/deny`,
    schema: {
      ...common,
      operationId: 'denyVersion',
      summary: 'Say that a version is not to be deployed',
      body: DenyRequest,
    },
    handler: (request) => {
      const { reason, version, images } = request.body
      const message = { reason, ...(version && { version }), ...(images && { images }) }
      return told(api, request.params, { name: 'deny', message, actor: callerOf(request).actor })
    },
  })
  app.route({
    method: 'POST',
    url: `${url}/automation`,
    schema: {
      ...common,
      operationId: 'switchService',
      summary: 'Stop rollbacks of a service that start or go on by themselves, or let them again',
      body: AutomationRequest,
    },
    handler: (request) => {
      const { automatic: name, reason } = request.body
      return told(api, request.params, { name, message: { reason }, actor: callerOf(request).actor })
    },
  })
  fleetRoutes(app, api)
}

function fleetRoutes(app: App, api: Api): void {
  const url = '/v1/environments/:environment/automation'
  const shared = { tags, params: WhichEnvironment, response: { 200: FleetDocument, ...problems(404, 409, 413, 415) } }
  app.route({
    method: 'GET',
    url,
    schema: {
      ...shared,
      operationId: 'readAutomation',
      summary: 'Read what starts by itself in an environment, and whether anything may',
      response: { 200: FleetDocument, ...problems(404) },
    },
    handler: (request) => readFleet(api, request.params.environment),
  })
  app.route({
    method: 'POST',
    url,
    schema: {
      ...shared,
      operationId: 'switchAutomation',
      summary: 'Stop everything in an environment that starts or goes on by itself, or let it again',
      body: AutomationRequest,
    },
    handler: (request) => {
      const { automatic: name, reason } = request.body
      const { actor } = callerOf(request)
      return tellFleet(api, request.params.environment, { name, message: { reason }, actor })
    },
  })
}

async function told<Name extends keyof ServiceMessages>(
  api: Api,
  place: Place,
  sending: { name: Name; message: ServiceMessages[Name]; actor: Parameters<typeof tellService>[2]['actor'] },
): Promise<ServiceDocument> {
  return serviceDocument((await tellService(api, place, sending)) as ServiceState)
}

/** Where denied images are refused: the connection by its kind, and the place in it. Throws INVALID_REQUEST, FORBIDDEN. */
function enforcementOf(
  { configuration }: Api,
  environment: string,
  { connection: named, namespace: place }: NonNullable<LockRequest['enforce']>,
): Enforcement {
  const defaults = configuration.environments[environment]
  const field = 'cluster'
  const step = { [field]: named ?? defaults?.[field] }
  const { connection, taskQueue } = connectionOf(step, field, 'enforce', environment, configuration)
  const kind = configuration.connections[connection]?.kind ?? ''
  const namespace = place ?? defaults?.['namespace']
  if (typeof namespace !== 'string')
    throw new UnwindError('INVALID_REQUEST', `${environment} has no namespace of its own; say in which one to enforce`)
  return { kind, connection, ...(taskQueue && { taskQueue }), place: { namespace } }
}
