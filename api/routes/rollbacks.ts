import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { compileAsked, placeAsked } from '../rollbacks/asked.ts'
import { withRelease } from '../rollbacks/release.ts'
import { listRollbacks } from '../rollbacks/list.ts'
import { planRollback } from '../rollbacks/plan.ts'
import { askedBy, startRollback } from '../rollbacks/start.ts'
import { compileUndo } from '../rollbacks/undo.ts'
import { ListDocument, PlanDocument, StartedDocument } from '../schemas/answers.ts'
import { IdempotencyHeaders, ListQuery, Place, Undo, WhichRun } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'

/** Starting, planning, taking back and listing rollbacks. */
export function rollbackRoutes(app: App, api: Api): void {
  startRoute(app, api)
  planRoute(app, api)
  listRoute(app, api)
  undoRoute(app, api)
}

const tags = ['rollbacks']

function startRoute(app: App, api: Api): void {
  app.route({
    method: 'POST',
    url: '/v1/rollbacks',
    schema: {
      operationId: 'startRollback',
      summary: 'Start a rollback; it is planned first, and waits for the approvals that policy demands',
      tags,
      headers: IdempotencyHeaders,
      body: api.request,
      response: { 202: StartedDocument, 200: StartedDocument, ...problems(404, 409, 413, 415, 422) },
    },
    handler: async (request, reply) => {
      const { actor } = callerOf(request)
      const { body } = request
      const loaded = await placeAsked(api, body)
      const asked = askedBy(request.headers['idempotency-key'], body)
      const started = await startRollback(api, loaded.place, asked, async () =>
        compileAsked(api, await withRelease(api, body, loaded), loaded, actor),
      )
      return reply
        .code(started.created ? 202 : 200)
        .header('location', started.url)
        .send(started)
    },
  })
}

function planRoute(app: App, api: Api): void {
  app.route({
    method: 'POST',
    url: '/v1/plans',
    schema: {
      operationId: 'planRollback',
      summary: 'Plan a rollback and change nothing; answers within 30 s',
      tags,
      body: api.request,
      response: { 200: PlanDocument, ...problems(404, 409, 413, 415, 422, 502) },
    },
    handler: async (request) => {
      const loaded = await placeAsked(api, request.body)
      const body = await withRelease(api, request.body, loaded)
      return planRollback(api, compileAsked(api, body, loaded, callerOf(request).actor))
    },
  })
}

function listRoute(app: App, api: Api): void {
  app.route({
    method: 'GET',
    url: '/v1/rollbacks',
    schema: {
      operationId: 'listRollbacks',
      summary: 'List rollbacks, newest first',
      tags,
      querystring: ListQuery,
      response: { 200: ListDocument, ...problems() },
    },
    handler: (request) => listRollbacks(api, request.query, callerOf(request).environments),
  })
}

function undoRoute(app: App, api: Api): void {
  app.route({
    method: 'POST',
    url: '/v1/rollbacks/:environment/:service/undo',
    schema: {
      operationId: 'undoRollback',
      summary: 'Take the last rollback back: a new rollback towards what was recorded before it',
      tags,
      params: Place,
      querystring: WhichRun,
      headers: IdempotencyHeaders,
      body: Undo,
      response: { 202: StartedDocument, 200: StartedDocument, ...problems(404, 409, 413, 415, 422) },
    },
    handler: async (request, reply) => {
      const { params, query, body, headers } = request
      const asked = askedBy(headers['idempotency-key'], { undo: params, ...body })
      const compileInput = () => compileUndo(api, params, body, callerOf(request).actor, query.run)
      const started = await startRollback(api, params, asked, compileInput)
      return reply
        .code(started.created ? 202 : 200)
        .header('location', started.url)
        .send(started)
    },
  })
}
