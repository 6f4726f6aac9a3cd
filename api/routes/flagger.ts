import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { AlertsDocument } from '../schemas/alerts.ts'
import { FlaggerEventRequest, FlaggerRollbackDocument, FlaggerRollbackRequest } from '../schemas/flagger.ts'
import { problems } from '../schemas/problem.ts'
import { alertOf, wantsRollback } from '../triggers/flagger.ts'
import type { Intake } from '../triggers/open.ts'

const BODY_LIMIT = 65_536
const tags = ['triggers']

/** What the webhooks of a Canary of Flagger post to. */
export function flaggerRoutes(app: App, api: Api, intake: Intake): void {
  app.route({
    method: 'POST',
    url: '/v1/triggers/flagger/rollback',
    bodyLimit: BODY_LIMIT,
    schema: {
      operationId: 'askFlaggerRollback',
      summary: 'Tell Flagger whether to take a canary back now: 200 is yes, everything else is no',
      description:
        'For a webhook of type rollback. Yes while a rollback of the service runs or has just ended, its service is locked, or its version is denied. Flagger sends no header of its own: write the token into the URL (https://flagger:<token>@…), which it sends as Basic.',
      tags,
      body: FlaggerRollbackRequest,
      response: { 200: FlaggerRollbackDocument, ...problems(404, 409, 413, 415) },
    },
    handler: (request) => wantsRollback(api, request.body, callerOf(request)),
  })
  app.route({
    method: 'POST',
    url: '/v1/triggers/flagger/event',
    bodyLimit: BODY_LIMIT,
    schema: {
      operationId: 'postFlaggerEvent',
      summary: 'Take events of Flagger; a canary that has failed is an alert, all others are passed over',
      description:
        'For a webhook of type event. The alert is called CanaryFailed and bears canary, namespace and the metadata of the webhook as labels. Once per failure: a repetition is the same episode.',
      tags,
      body: FlaggerEventRequest,
      response: { 202: AlertsDocument, ...problems(413, 415) },
    },
    handler: async (request, reply) => {
      const alert = alertOf(request.body)
      const { environments } = callerOf(request)
      const taken = alert ? await intake.take([alert], environments) : { episodes: [], unmatched: 0 }
      return reply.code(202).send(taken)
    },
  })
}
