import { compileStep } from '../../model/compile.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { readHistory } from '../rollbacks/plan.ts'
import { HistoryDocument } from '../schemas/answers.ts'
import { HistoryQuery, IdempotencyHeaders, Place } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'
import {
  DeployableDocument,
  DeployableQuery,
  RecordedDocument,
  ReleaseRequest,
  ServiceDocument,
} from '../schemas/services.ts'
import { readDeployable } from '../services/deployable.ts'
import { readService } from '../services/entity.ts'
import { recordRelease, scriptsKeptFresh } from '../services/record.ts'

const tags = ['services']

/** What a service could go back to, what was released, and whether anything may be deployed. */
export function serviceRoutes(app: App, api: Api): void {
  app.route({
    method: 'GET',
    url: '/v1/services/:environment/:service/history',
    schema: {
      operationId: 'readHistory',
      summary: 'List what one step could go back to, and the releases that are recorded, newest first',
      description: 'The query holds the fields of the step, such as ?kind=kubernetes&workload=deployment/checkout.',
      tags,
      params: Place,
      querystring: HistoryQuery,
      response: { 200: HistoryDocument, ...problems(404, 409, 502) },
    },
    handler: async (request) => {
      const { environment } = request.params
      const step = compileStep(request.query, 0, environment, api.configuration, api.kinds)
      const [revisions, { releases }] = await Promise.all([
        readHistory(api, request.params, step, callerOf(request).actor),
        readService(api, request.params),
      ])
      return { revisions, releases }
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/services/:environment/:service',
    schema: {
      operationId: 'readService',
      summary: 'Read what is known of a service: releases, deploy lock, denied versions, what triggers did',
      tags,
      params: Place,
      response: { 200: ServiceDocument, ...problems(404) },
    },
    handler: async (request) => serviceDocument(await readService(api, request.params)),
  })
  recordRoute(app, api)
  app.route({
    method: 'GET',
    url: '/v1/services/:environment/:service/deployable',
    schema: {
      operationId: 'readDeployable',
      summary: 'Ask whether this may be deployed now; no answer is no',
      tags,
      params: Place,
      querystring: DeployableQuery,
      response: { 200: DeployableDocument, ...problems(404) },
    },
    handler: (request) => readDeployable(api, request.params, request.query),
  })
}

function recordRoute(app: App, api: Api): void {
  const refresh = scriptsKeptFresh(api, app.log)
  app.route({
    method: 'POST',
    url: '/v1/services/:environment/:service/releases',
    schema: {
      operationId: 'recordRelease',
      summary: 'Record what was deployed; the same release twice is one',
      tags,
      params: Place,
      headers: IdempotencyHeaders,
      body: ReleaseRequest,
      response: { 201: RecordedDocument, 200: RecordedDocument, ...problems(404, 413, 415, 422) },
    },
    handler: async (request, reply) => {
      const { params, body, headers } = request
      const { actor } = callerOf(request)
      const recorded = await recordRelease(api, params, { body, key: headers['idempotency-key'], actor })
      refresh(params, actor)
      return reply.code(recorded.created ? 201 : 200).send(recorded)
    },
  })
}

/** A service without what is only for itself. */
export function serviceDocument(state: Awaited<ReturnType<typeof readService>>): ServiceDocument {
  const { service, environment, lock, stopped, releases, denied, episodes } = state
  const lists = { releases, denied, episodes }
  return { service, environment, ...(lock && { lock }), ...(stopped && { stopped }), ...lists }
}
