import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { findRollback } from '../rollbacks/read.ts'
import { EventHeaders, Place, WhichRun } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'
import { EventStream } from '../schemas/report.ts'
import { openSink, resumeFrom } from '../watch/sink.ts'
import { openWatches, type WatchLimits } from '../watch/watches.ts'

/** The live stream of a rollback. */
export function eventRoutes(app: App, api: Api, limits?: WatchLimits): void {
  const watches = openWatches(api, limits)
  // Before the server closes: it waits for open answers, and a stream has no end of its own.
  app.addHook('preClose', async () => watches.close())
  app.route({
    method: 'GET',
    url: '/v1/rollbacks/:environment/:service/events',
    schema: {
      operationId: 'watchRollback',
      summary: 'Watch a rollback as server-sent events: timeline, status, state, doing, end',
      description:
        'Sends each event of the timeline (with an id to resume from), the phase or outcome at once, the whole record ' +
        'whenever it changed, what the running step does just now, and `end` when the rollback has ended; close the ' +
        'stream then.',
      tags: ['rollbacks'],
      params: Place,
      querystring: WhichRun,
      headers: EventHeaders,
      response: {
        200: { description: 'The stream', content: { 'text/event-stream': { schema: EventStream } } },
        ...problems(404),
      },
    },
    handler: async (request, reply) => {
      const { params, query, headers } = request
      const found = await findRollback(api, params, query.run)
      watches.requireRoom(found.runId)
      reply.hijack()
      const sink = openSink(reply.raw, found.runId, { 'x-request-id': request.id })
      const leave = watches.join(params, found, sink, resumeFrom(headers['last-event-id'], found.runId))
      reply.raw.once('close', leave)
      return reply
    },
  })
}
