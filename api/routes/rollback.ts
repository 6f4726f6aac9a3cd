import { markdown, report } from '../../model/report/index.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { readRollback } from '../rollbacks/read.ts'
import { RollbackDocument } from '../schemas/answers.ts'
import { Place, ReportQuery, WhichRun } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'
import { MarkdownReport, ReportDocument } from '../schemas/report.ts'

/** Reading one rollback and its report. */
export function readingRoutes(app: App, api: Api): void {
  readRoute(app, api)
  reportRoute(app, api)
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

function reportRoute(app: App, api: Api): void {
  app.route({
    method: 'GET',
    url: '/v1/rollbacks/:environment/:service/report',
    schema: {
      operationId: 'readReport',
      summary: 'Read the report of a rollback, as JSON or as Markdown',
      tags,
      params: Place,
      querystring: ReportQuery,
      response: {
        200: {
          description: 'The report',
          content: { 'application/json': { schema: ReportDocument }, 'text/markdown': { schema: MarkdownReport } },
        },
        ...problems(404),
      },
    },
    handler: async (request, reply) => {
      const { run, format } = request.query
      const document = report(await readRollback(api, request.params, run))
      const asText = format ? format === 'markdown' : prefersMarkdown(request.headers.accept)
      reply.header('vary', 'accept')
      if (!asText) return reply.type('application/json').send(document)
      return reply
        .type('text/markdown; charset=utf-8')
        .serializer((text: string) => text)
        .send(markdown(document))
    },
  })
}

/** Whether Accept puts Markdown before JSON. Weights are not looked at: whoever names Markdown wants it. */
function prefersMarkdown(accept: string | undefined): boolean {
  const types = (accept ?? '').split(',').map((part) => part.split(';')[0]?.trim())
  const place = types.indexOf('text/markdown')
  const json = types.indexOf('application/json')
  return place >= 0 && (json < 0 || place < json)
}
