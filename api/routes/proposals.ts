import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError } from '@temporalio/client'
import { UnwindError } from '../../model/errors.ts'
import { proposalId } from '../../model/ids.ts'
import type { ProposalState } from '../../model/triggers/proposal.ts'
import type { Api } from '../context.ts'
import type { App } from '../http/app-type.ts'
import { callerOf } from '../http/authenticate.ts'
import { signMessage } from '../identity.ts'
import { problems } from '../schemas/problem.ts'
import { ProposalAnswer, ProposalDocument, WhichProposal } from '../schemas/proposals.ts'
import { bounded, isUnanswered } from '../temporal/call.ts'
import { failureProblem } from '../temporal/failure.ts'
import { noWorker, requireWorker } from '../temporal/workers.ts'

const tags = ['triggers']
const LIMIT = 10_000

/** What triggers have proposed, and what people say to it. */
export function proposalRoutes(app: App, api: Api): void {
  const url = '/v1/services/:environment/:service/proposals/:id'
  app.route({
    method: 'GET',
    url,
    schema: {
      operationId: 'readProposal',
      summary: 'Read what was made of one episode of an alert: its plan, and why nothing starts by itself',
      tags,
      params: WhichProposal,
      response: { 200: ProposalDocument, ...problems(404) },
    },
    handler: ({ params }) => ask(api, params, (handle) => handle.query<ProposalState>('proposal')),
  })
  app.route({
    method: 'POST',
    url,
    schema: {
      operationId: 'answerProposal',
      summary: 'Start the rollback that is proposed, or refuse it; a refusal is also the veto',
      tags,
      params: WhichProposal,
      body: ProposalAnswer,
      response: { 200: ProposalDocument, ...problems(404, 409, 413, 415) },
    },
    handler: async (request) => {
      const { params, body } = request
      const { actor } = callerOf(request)
      const { decision, note } = body
      const message = { ...(decision === 'accept' && { planDigest: body.planDigest }), ...(note && { note }) }
      const workflowId = proposalId(params)
      const signed =
        api.signingKey && (await signMessage(api.signingKey, { name: decision, message, actor, workflowId }))
      const call = { args: [{ ...message, ...(signed && { signed }) }] as [object], updateId: randomUUID() }
      return ask(api, params, (handle) => handle.executeUpdate<ProposalState, [object]>(decision, call))
    },
  })
}

type Handle = ReturnType<Api['client']['workflow']['getHandle']>

async function ask(
  api: Api,
  which: WhichProposal,
  question: (handle: Handle) => Promise<ProposalState>,
): Promise<ProposalDocument> {
  await requireWorker(api)
  const handle = api.client.workflow.getHandle(proposalId(which))
  try {
    return await bounded(api.client, () => question(handle), LIMIT)
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new UnwindError(
        'NOT_FOUND',
        `there is no open proposal ${which.id} of ${which.service} in ${which.environment}`,
      )
    if (isUnanswered(error)) throw noWorker(api, 'no answer came in 10 s')
    throw failureProblem(error) ?? error
  }
}
