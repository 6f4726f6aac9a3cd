import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { MessageName, Messages } from '../../model/messages.ts'
import { bodies } from '../../model/request.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { requireVerb } from '../http/callers.ts'
import type { Operation } from '../rights.ts'
import { refuseFields } from '../rollbacks/correct.ts'
import { sendMessage } from '../rollbacks/message.ts'
import { ReplyDocument } from '../schemas/answers.ts'
import { Approve, IdempotencyHeaders, Place, WhichRun } from '../schemas/parameters.ts'
import { problems } from '../schemas/problem.ts'

/** What people say to a running rollback. Each answer names what it answers, so that a stale click is refused. */
export function messageRoutes(app: App, api: Api): void {
  message(app, api, {
    path: 'approvals',
    operationId: 'approvePlan',
    summary: 'Approve or reject the plan with this digest, or a step that waits for an approval',
    body: Approve,
    read: ({ decision, planDigest, stepId, note }) => ({
      name: decision,
      message: { planDigest, ...(stepId && { stepId }), ...(note && { note }) },
    }),
  })
  message(app, api, {
    path: 'decisions',
    operationId: 'decideStep',
    summary: 'Answer a parked step: retry, skip, done, compensate or abort',
    body: bodies.decide,
    read: async ({ note, fields, ...rest }, request) => {
      if (rest.choice === 'abort') requireVerb(callerOf(request), 'abort')
      if (fields) await refuseFields(api, request.params as Place, rest.stepId, fields)
      return { name: 'decide', message: { ...rest, ...(note && { note }), ...(fields && { fields }) } }
    },
  })
  askedRoutes(app, api)
  for (const [name, operationId, summary] of NOTES)
    message(app, api, {
      path: name,
      operationId,
      summary,
      body: bodies.note,
      read: ({ note }) => ({ name, message: note ? { note } : {} }),
    })
  message(app, api, {
    path: 'abort',
    operationId: 'abortRollback',
    summary: 'End the run now; reverses nothing and lists what stays changed',
    body: bodies.reason,
    read: ({ note }) => ({ name: 'abort', message: { note } }),
  })
}

/** What a run asks people: questions, its checklist, and to go on in an emergency without an approval. */
function askedRoutes(app: App, api: Api): void {
  message(app, api, {
    path: 'answers',
    operationId: 'answerQuestion',
    summary: 'Answer a question of the decision tree, a condition that nothing tells, or a manual step',
    body: bodies.answer,
    read: ({ note, ...rest }) => ({ name: 'answer', message: { ...rest, ...(note && { note }) } }),
  })
  message(app, api, {
    path: 'checklist',
    operationId: 'tickItem',
    summary: 'Tick an item of the checklist',
    body: bodies.tick,
    read: ({ item, note }) => ({ name: 'tick', message: { item, ...(note && { note }) } }),
  })
  message(app, api, {
    path: 'break-glass',
    operationId: 'breakGlass',
    summary: 'Go on in an emergency without the approvals that are missing; one is owed afterwards',
    body: bodies.breakGlass,
    read: (body) => ({ name: 'breakGlass', message: body }),
  })
}

const NOTES = [
  ['claim', 'claimRollback', 'Say that you are driving this run'],
  ['pause', 'pauseRollback', 'Stop before the next step'],
  ['resume', 'resumeRollback', 'Go on after a pause'],
] as const

type Named = { [Name in MessageName]: { name: Name; message: Messages[Name] } }[MessageName]

interface MessageRoute<Body extends z.ZodType> {
  path: string
  operationId: Operation
  summary: string
  body: Body
  read(body: z.infer<Body>, request: FastifyRequest): Named | Promise<Named>
}

function message<Body extends z.ZodType>(app: App, api: Api, route: MessageRoute<Body>): void {
  const { path, operationId, summary, body, read } = route
  app.route({
    method: 'POST',
    url: `/v1/rollbacks/:environment/:service/${path}`,
    schema: {
      operationId,
      summary,
      tags: ['decisions'],
      params: Place,
      querystring: WhichRun,
      headers: IdempotencyHeaders,
      body,
      response: { 200: ReplyDocument, ...problems(404, 409, 413, 415) },
    },
    handler: async (request) => {
      const { actor } = callerOf(request)
      const named = await read(request.body as z.infer<Body>, request)
      const { params, query, headers } = request
      return sendMessage(api, params, { ...named, actor, run: query.run, key: headers['idempotency-key'] })
    },
  })
}
