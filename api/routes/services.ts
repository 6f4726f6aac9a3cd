import { compileStep } from '../../model/compile.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { readHistory } from '../rollbacks/plan.ts'
import { HistoryDocument } from '../schemas/answers.ts'
import { HistoryQuery, Place } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'

/** What a service could go back to. */
export function serviceRoutes(app: App, api: Api): void {
  app.route({
    method: 'GET',
    url: '/v1/services/:environment/:service/history',
    schema: {
      operationId: 'readHistory',
      summary: 'List what one step could go back to, newest first',
      description: 'The query holds the fields of the step, such as ?kind=kubernetes&workload=deployment/checkout.',
      tags: ['services'],
      params: Place,
      querystring: HistoryQuery,
      response: { 200: HistoryDocument, ...problems(404, 409, 502) },
    },
    handler: async (request) => {
      const { environment } = request.params
      const step = compileStep(request.query, 0, environment, api.configuration, api.kinds)
      return { revisions: await readHistory(api, request.params, step, callerOf(request).actor) }
    },
  })
}
