import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { type ApiOptions, contextOf } from './context.ts'
import { documentation } from './documentation.ts'
import type { App } from './http/app-type.ts'
import { authenticate } from './http/authenticate.ts'
import { keepOtherSitesOut } from './http/browser.ts'
import { knownReady } from './ready/known.ts'
import { breakGlassFor } from './reports/break-glass.ts'
import { answerWithProblems, sendProblem, toUnwindError } from './http/problem.ts'
import { answerBrokenRequest } from './http/socket.ts'
import { validator } from './http/validation.ts'
import { drillRoutes } from './routes/drills.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { hookRoutes } from './routes/hooks.ts'
import { lockRoutes } from './routes/locks.ts'
import { messageRoutes } from './routes/messages.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { obligationRoutes } from './routes/obligations.ts'
import { readyRoutes } from './routes/ready.ts'
import { reportRoutes } from './routes/reports.ts'
import { readingRoutes } from './routes/rollback.ts'
import { rollbackRoutes } from './routes/rollbacks.ts'
import { runbookRoutes } from './routes/runbooks.ts'
import { proposalRoutes } from './routes/proposals.ts'
import { serviceRoutes } from './routes/services.ts'
import { triggerRoutes } from './routes/triggers.ts'
import type { WatchLimits } from './watch/watches.ts'

/** The largest body that is read, in bytes. */
const BODY_LIMIT = 256 * 1_024
/** How long a client may take to send its request, in milliseconds. */
const REQUEST_LIMIT = 15_000

export interface BuildOptions extends ApiOptions {
  /** Whether requests and failures are logged to stderr, as JSON lines. */
  log?: boolean
  watchLimits?: WatchLimits
  /** Requests of the alert hook at once; more are answered 503. */
  hookLimit?: number
}

/** The whole HTTP API, ready to listen or to be injected into. Touches neither the network nor Temporal by itself. */
export function buildApi(options: BuildOptions): App {
  const api = contextOf(options)
  const app = Fastify({
    logger: options.log ? { level: 'info', stream: process.stderr } : false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_LIMIT,
    exposeHeadRoutes: false,
    // Fastify's own answer while it closes is no problem document; a request that comes in time is still answered.
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    frameworkErrors: (error, request, reply) => {
      sendProblem(request as FastifyRequest, reply as unknown as FastifyReply, toUnwindError(error))
    },
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<ZodTypeProvider>() as App
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validator)
  // Answers are typed by their schemas at compile time and checked by tests: no work for that in each request.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value))
  answerWithProblems(app, (request) => breakGlassFor(api, request))
  logRequests(app)
  keepOtherSitesOut(app, api)
  authenticate(app, api)
  documentation(app)
  const known = knownReady()
  app.after(() => {
    rollbackRoutes(app, api)
    readingRoutes(app, api)
    eventRoutes(app, api, options.watchLimits)
    messageRoutes(app, api)
    hookRoutes(app, api)
    serviceRoutes(app, api)
    lockRoutes(app, api)
    triggerRoutes(app, api, options.hookLimit)
    proposalRoutes(app, api)
    runbookRoutes(app, api)
    reportRoutes(app, api)
    obligationRoutes(app, api)
    readyRoutes(app, api, known)
    drillRoutes(app, api)
    metricsRoutes(app, api, known)
    healthRoutes(app, api)
  })
  return app
}

function logRequests(app: App): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
  })
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions, caller } = request
    const took = Math.round(reply.elapsedTime)
    const line = { method, route: routeOptions.url, status: reply.statusCode, took }
    request.log.info({ ...line, ...(caller && { subject: caller.actor.subject }) }, 'answered')
  })
}
