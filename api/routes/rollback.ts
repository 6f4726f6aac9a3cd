import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { readRollback } from '../rollbacks/read.ts'
import { RollbackDocument } from '../schemas/answers.ts'
import { Place, WhichRun } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'

/** Reading one rollback. */
export function readingRoutes(app: App, api: Api): void {
  readRoute(app, api)
}

const tags = ['rollbacks']

function readRoute(app: App, api: Api): void {
  app.route({
    method: 'GET',
    url: '/v1/rollbacks/:environment/:service',
    schema: {
      operationId: 'readRollback',
      summary: 'Read the running or last rollback of a service, or an older one',
      tags,
      params: Place,
      querystring: WhichRun,
      response: { 200: RollbackDocument, ...problems(404) },
    },
    handler: async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return readRollback(api, request.params, request.query.run)
    },
  })
}
