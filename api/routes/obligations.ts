import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { listObligations } from '../obligations/list.ts'
import { settleObligation } from '../obligations/settle.ts'
import {
  FollowupDocument,
  ObligationsDocument,
  ObligationsQuery,
  Settle,
  WhichObligation,
} from '../schemas/obligations.ts'
import { IdempotencyHeaders } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'

/** What rollbacks that have ended left to be settled by people. */
export function obligationRoutes(app: App, api: Api): void {
  const tags = ['reports']
  app.route({
    method: 'GET',
    url: '/v1/obligations',
    schema: {
      operationId: 'listObligations',
      summary: 'List what is still owed after rollbacks, newest first',
      tags,
      querystring: ObligationsQuery,
      response: { 200: ObligationsDocument, ...problems() },
    },
    handler: (request) => listObligations(api, request.query, callerOf(request).environments),
  })
  app.route({
    method: 'POST',
    url: '/v1/obligations/:runId/:id',
    schema: {
      operationId: 'settleObligation',
      summary: 'Say that an obligation is settled',
      tags,
      params: WhichObligation,
      headers: IdempotencyHeaders,
      body: Settle,
      response: { 200: FollowupDocument, ...problems(404, 409, 413, 415) },
    },
    handler: (request) => {
      const { params, body, headers } = request
      const caller = callerOf(request)
      return settleObligation(api, params, { note: body.note, key: headers['idempotency-key'], caller })
    },
  })
}
