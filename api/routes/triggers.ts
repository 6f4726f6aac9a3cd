import { UnwindError } from '../../model/errors.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { AlertsDocument, AlertsRequest } from '../schemas/alerts.ts'
import { problems } from '../schemas/problem.ts'
import { flaggerRoutes } from './flagger.ts'
import { openIntake } from '../triggers/open.ts'
import { isSigned, proveSigned } from '../triggers/signature.ts'
import { watchesKept } from '../triggers/watches.ts'

/** The largest body that is read: a group may hold many alerts. */
const BODY_LIMIT = 1_048_576
/** Requests of the hook that are under way at once; more are told to come again, which Alertmanager does. */
const AT_ONCE = 200

/** What alerts come in by, and the watches of triggers that have a condition of their own. */
export function triggerRoutes(app: App, api: Api, limit = AT_ONCE): void {
  const intake = openIntake(api, app.log)
  let busy = 0
  app.register(async (scope) => {
    const inner = scope as unknown as App
    inner.removeContentTypeParser('application/json')
    // The signature is about the bytes as they came, so they are read as such.
    inner.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
      try {
        const raw = body as Buffer
        if (api.grafana && isSigned(request)) proveSigned(request, raw, api.grafana, Date.now())
        done(null, JSON.parse(raw.toString('utf8')))
      } catch (error) {
        const known = error instanceof UnwindError
        done(known ? error : new UnwindError('INVALID_REQUEST', 'the body is not JSON; mend it and send it again'))
      }
    })
    inner.addHook('onRequest', async () => {
      if (busy >= limit) throw new UnwindError('OVERLOADED', 'too many alerts at once; send this one again in a moment')
    })
    inner.route({
      method: 'POST',
      url: '/v1/triggers/alertmanager',
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: 'postAlerts',
        summary: 'Take alerts from Alertmanager or Grafana; answers 202 only once what follows from them is durable',
        description:
          'The same alert twice is one. A cool-down or any other gate is no error: the answer is 202, and the proposal says why nothing starts. Grafana’s signature stands in place of a token.',
        tags: ['triggers'],
        body: AlertsRequest,
        response: { 202: AlertsDocument, ...problems(413, 415) },
      },
      handler: async (request, reply) => {
        busy++
        try {
          const visible = request.caller?.environments ?? ['*']
          return await reply.code(202).send(await intake.take(request.body.alerts, visible))
        } finally {
          busy--
        }
      },
    })
  })
  flaggerRoutes(app, api, intake)
  watchesKept(app, api)
}
