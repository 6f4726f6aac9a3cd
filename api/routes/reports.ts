import { markdown } from '../../model/report/index.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { readReport } from '../reports/archived.ts'
import { readStats } from '../reports/stats.ts'
import { Place, ReportQuery } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'
import { MarkdownReport, ReportDocument } from '../schemas/report.ts'
import { StatsDocument, StatsQuery } from '../schemas/stats.ts'

/** The report of one rollback, and figures over many. */
export function reportRoutes(app: App, api: Api): void {
  reportRoute(app, api)
  app.route({
    method: 'GET',
    url: '/v1/stats',
    schema: {
      operationId: 'readStats',
      summary: 'Times and outcomes over the rollbacks in the archive, per service and by week',
      tags: ['reports'],
      querystring: StatsQuery,
      response: { 200: StatsDocument, ...problems(404) },
    },
    handler: (request) => readStats(api, request.query, callerOf(request).environments),
  })
}

function reportRoute(app: App, api: Api): void {
  app.route({
    method: 'GET',
    url: '/v1/rollbacks/:environment/:service/report',
    schema: {
      operationId: 'readReport',
      summary:
        'Read the report of a rollback, as JSON or as Markdown; from the archive where Temporal has forgotten it',
      tags: ['rollbacks'],
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
      const document = await readReport(api, request.params, run)
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
