import { milliseconds } from '../../model/duration.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { checkReady } from '../ready/check.ts'
import type { KnownReady } from '../ready/known.ts'
import { problems } from '../schemas/problem.ts'
import { ReadyDocument, ReadyRequest } from '../schemas/ready.ts'

const tags = ['reports']
const SCHEDULE = { subject: 'unwind ready', groups: [] }

/** Whether runbooks could be carried out, checked on request and, where the configuration says so, from time to time. */
export function readyRoutes(app: App, api: Api, known: KnownReady): void {
  app.route({
    method: 'POST',
    url: '/v1/ready',
    schema: {
      operationId: 'checkReady',
      summary: 'Plan every runbook and change nothing; answers within two minutes what stands in the way of each',
      tags,
      body: ReadyRequest,
      response: { 200: ReadyDocument, ...problems(404, 413, 415) },
    },
    handler: async (request) => {
      const { actor, environments } = callerOf(request)
      const checked = await checkReady(api, request.body, environments, actor)
      known.note(checked)
      return checked
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/ready',
    schema: {
      operationId: 'readReady',
      summary: 'Read what this API found when it last checked its runbooks',
      tags,
      response: { 200: ReadyDocument, ...problems() },
    },
    handler: async (request) => known.seen(callerOf(request).environments),
  })
  checkOften(app, api, known)
}

/** A check that fails as a whole, because Temporal is away, says so in the log; the next one comes all the same. */
function checkOften(app: App, api: Api, known: KnownReady): void {
  const { ready } = api.configuration
  if (!ready || !api.runbooks) return
  let busy = false
  const check = async () => {
    if (busy) return
    busy = true
    await checkReady(api, {}, ['*'], SCHEDULE)
      .then((checked) => known.note(checked))
      .catch((error: unknown) => app.log.warn({ err: error }, 'the runbooks could not be checked'))
    busy = false
  }
  const timer = setInterval(() => void check(), milliseconds(ready.every))
  timer.unref()
  app.addHook('onReady', async () => void check())
  app.addHook('onClose', async () => clearInterval(timer))
}
