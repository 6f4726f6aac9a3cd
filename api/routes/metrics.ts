import { z } from 'zod'
import { VERSION } from '../../model/version.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { drillFamilies } from '../drills/read.ts'
import { rollbackCounts } from '../metrics/rollbacks.ts'
import { type Family, METRICS_TYPE, metricsText } from '../metrics/text.ts'
import type { KnownReady } from '../ready/known.ts'
import { problems } from '../schemas/problem.ts'

const BUILD: Family = {
  name: 'unwind_build_info',
  help: 'The version of this API.',
  type: 'gauge',
  samples: [{ labels: { version: VERSION, node: process.version }, value: 1 }],
}

/** What Prometheus scrapes. It answers while Temporal is away, and says so. */
export function metricsRoutes(app: App, api: Api, ready: KnownReady): void {
  const counts = rollbackCounts(api)
  const drills = drillFamilies(api)
  app.route({
    method: 'GET',
    url: '/metrics',
    schema: {
      operationId: 'readMetrics',
      summary: 'Metrics for Prometheus: rollbacks by phase and outcome, readiness of runbooks, drills',
      tags: ['health'],
      response: {
        200: { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } },
        ...problems(),
      },
    },
    handler: async (request, reply) => {
      const visible = callerOf(request).environments
      const families = [BUILD, ...(await counts(visible)), ...ready.families(visible), ...(await drills(visible))]
      return reply
        .type(METRICS_TYPE)
        .header('cache-control', 'no-store')
        .serializer((text: string) => text)
        .send(metricsText(families))
    },
  })
}
