import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { Health, Readiness } from '../schemas/answers.ts'
import { problems } from '../schemas/problem.ts'
import { requireWorker } from '../temporal/workers.ts'

/** Probes wait a second or two; an answer after that is no answer. Milliseconds. */
const READY_LIMIT = 1_000

/** Whether the process lives, and whether it can carry anything out. Open to all: they tell nothing else. */
export function healthRoutes(app: App, api: Api): void {
  const tags = ['health']
  app.route({
    method: 'GET',
    url: '/healthz',
    schema: {
      operationId: 'readHealth',
      summary: 'Whether this process lives',
      tags,
      response: { 200: Health, 403: problems()[403] },
    },
    handler: async () => ({ status: 'ok' as const }),
  })
  app.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      operationId: 'readReadiness',
      summary: 'Whether Temporal answers and a worker polls; 503 names what is missing',
      tags,
      response: { 200: Readiness, ...problems() },
    },
    handler: async () => {
      await requireWorker(api, READY_LIMIT)
      return { status: 'ready' as const, temporal: 'reachable' as const, worker: 'running' as const }
    },
  })
}
