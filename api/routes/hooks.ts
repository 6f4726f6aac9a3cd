import { z } from 'zod'
import { readSecret } from '../../activities/secret.ts'
import type { SlackHook } from '../../model/configuration.ts'
import { UnwindError } from '../../model/errors.ts'
import type { Api } from '../context.ts'
import { type Press, pressOf } from '../hooks/press.ts'
import { verifySlack } from '../hooks/signature.ts'
import type { App } from '../http/app-type.ts'
import { type Caller, requireEnvironment, requireVerb } from '../http/callers.ts'
import { sendMessage } from '../rollbacks/message.ts'
import { problems } from '../schemas/problem.ts'

/** Slack shows an error unless it is answered within three seconds; what takes longer goes on behind the answer. Milliseconds. */
const ANSWER_WITHIN = 2_000
const FORM = 'application/x-www-form-urlencoded'

/** What other systems send: each proves by a signature that it did, and acts with the rights of a person whom it names. */
export function hookRoutes(app: App, api: Api): void {
  app.register(async (hooks) => {
    hooks.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, body, done) => done(null, body))
    ;(hooks as App).route({
      method: 'POST',
      url: '/v1/hooks/slack',
      schema: {
        operationId: 'pressSlack',
        summary: 'A button that was pressed in a Slack message; signed by Slack',
        tags: ['decisions'],
        consumes: [FORM],
        response: { 200: z.object({}), ...problems(404, 413, 415) },
      },
      handler: async ({ headers, body, log }) => {
        const { slack } = api.configuration.api
        if (!slack) throw new UnwindError('NOT_FOUND', 'no Slack app is configured; set api.slack in unwind.yaml')
        const text = typeof body === 'string' ? body : ''
        const secret = await readSecret(slack.signingSecret, 'api.slack.signingSecret')
        const { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } = headers
        verifySlack(secret, { timestamp, signature, body: text })
        const press = pressOf(text)
        if (press) {
          const work = carryOut(api, slack, press).catch((error: unknown) => {
            log.error({ err: error }, 'a press of a Slack button could not be carried out')
          })
          await Promise.race([work, new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN).unref())])
        }
        return {}
      },
    })
  })
}

/** Sends the decision as the API would for that person. What is refused is told to whoever pressed, and to nobody else. */
async function carryOut(api: Api, slack: SlackHook, press: Press): Promise<void> {
  const { environment, service, run, planDigest, stepId, decision, key } = press
  try {
    const { actor } = callerOf(api, slack, press)
    const message = { planDigest, ...(stepId !== undefined && { stepId }) }
    await sendMessage(api, { environment, service }, { name: decision, message, actor, run, key })
  } catch (error) {
    if (!(error instanceof UnwindError)) throw error
    await tell(slack, press, error.message)
  }
}

function callerOf({ configuration }: Api, { users }: SlackHook, { user, environment }: Press): Caller {
  const subject = Object.hasOwn(users, user) ? users[user] : undefined
  const token = configuration.api.tokens.find((each) => each.subject === subject)
  const expired = token?.expires !== undefined && Date.parse(token.expires) <= Date.now()
  if (!token || expired)
    throw new UnwindError(
      'FORBIDDEN',
      `${expired ? 'the token of this Slack user has expired' : 'Unwind does not know this Slack user'}; ` +
        'use the command line, or ask whoever keeps unwind.yaml (api.slack.users)',
    )
  const { groups, verbs, environments } = token
  const caller = { actor: { subject: token.subject, groups }, verbs, environments }
  requireVerb(caller, 'approve')
  requireEnvironment(caller, environment)
  return caller
}

async function tell({ origin }: SlackHook, { responseUrl }: Press, text: string): Promise<void> {
  if (responseUrl === undefined || new URL(responseUrl).origin !== new URL(origin).origin) return
  const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, text: text.slice(0, 2_000) })
  await fetch(responseUrl, {
    ...{ method: 'POST', body, redirect: 'error' as const, signal: AbortSignal.timeout(5_000) },
    headers: { 'content-type': 'application/json; charset=utf-8' },
  }).catch(() => undefined)
}
