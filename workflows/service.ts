import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { Signed } from '../model/messages.ts'
import { DEFAULT_LIMITS } from '../model/limits.ts'
import type { EntityUpdates } from '../model/service/calls.ts'
import { serviceDetails } from '../model/service/details.ts'
import { type Ledger, ledgerOf } from '../model/service/facts.ts'
import { conclude } from '../model/service/ledger.ts'
import {
  SERVICE_DESCRIPTIONS,
  type ServiceMessage,
  type ServiceMessages,
  whyNotService,
} from '../model/service/messages.ts'
import { openService, type ServiceInput, type ServiceState } from '../model/service/state.ts'
import { proposalId } from '../model/ids.ts'
import type { Episode, Refusal } from '../model/triggers/episode.ts'
import { openEpisode, serviceGates } from '../model/triggers/gates.ts'
import { readConclusion, refuseIf, senderOf } from './entities.ts'
import { ACCEPT, enforceAgain, type Service } from './service-messages.ts'

/**
 * What is known of a service in one environment: its releases, deploy lock, deny list and what triggers did. Begins by
 * being asked and never ends. A rollback that has ended only leaves word; what it means is read from its own record.
 */
export async function service(input: ServiceInput): Promise<void> {
  const entity: Service = { state: openService(input), ended: [], untold: [] }
  const { state } = entity
  setHandler(defineQuery<ServiceState>('service'), () => state)
  setHandler(defineQuery<Ledger>('ledger'), () => ledgerOf(state))
  setHandler(defineQuery<Refusal | null>('stop'), () => stopOf(state))
  setHandler(defineSignal<[string, string]>('concluded'), (runId, executionId) => {
    if (state.concluding.includes(runId) || state.runs.some((run) => run.runId === runId)) return
    state.concluding.push(runId)
    entity.ended.push({ runId, executionId })
  })
  openInbox(entity)
  openToTriggers(entity)
  for (;;) {
    setCurrentDetails(serviceDetails(state))
    await condition(() => hasWork(entity) || mustContinue(input))
    await readEnded(entity)
    await tellProposals(entity)
    if (entity.unenforced) await enforceAgain(entity)
    if (mustContinue(input)) await goOn(input, entity)
  }
}

function openInbox(entity: Service): void {
  for (const name of Object.keys(ACCEPT) as ServiceMessage[])
    setHandler(
      defineUpdate<unknown, [Signed<ServiceMessages[ServiceMessage]>]>(name),
      (message) => receive(entity, name, message),
      {
        validator: (message) => refuseIf(whyNotService(name, message, entity.state)),
        description: SERVICE_DESCRIPTIONS[name],
      },
    )
}

async function receive<Name extends ServiceMessage>(
  entity: Service,
  name: Name,
  message: Signed<ServiceMessages[Name]>,
): Promise<unknown> {
  const sender = message.signed ? (await senderOf(name, message)).subject : 'unverified'
  refuseIf(whyNotService(name, message, entity.state))
  const answer = await ACCEPT[name](entity, message, sender)
  setCurrentDetails(serviceDetails(entity.state))
  return answer
}

/** What proposals ask: they carry no signature, because all that they can do is use up what limits them. */
function openToTriggers(entity: Service): void {
  const { state } = entity
  const description = 'For proposals of triggers only.'
  setHandler(
    defineUpdate<EntityUpdates['open']['answer'], [EntityUpdates['open']['argument']]>('open'),
    (opened) => openEpisode(state, opened, Date.now()),
    { description },
  )
  setHandler(
    defineUpdate<EntityUpdates['admit']['answer'], [EntityUpdates['admit']['argument']]>('admit'),
    (admission) => {
      const answer = serviceGates(state, admission, Date.now())
      const episode = state.episodes.find(({ id }) => id === admission.id)
      if (episode && answer.deploy !== undefined) episode.deploy = answer.deploy
      return answer
    },
    { description },
  )
  setHandler(
    defineUpdate<null, [EntityUpdates['settle']['argument']]>('settle'),
    ({ id, ...settled }) => {
      const episode = state.episodes.find((other) => other.id === id)
      if (episode) Object.assign(episode, settled)
      return null
    },
    { description },
  )
  setHandler(defineSignal<[string]>('resolved'), (id) => {
    over(state.episodes.filter((episode) => episode.id === id))
  })
  setHandler(defineSignal<[string]>('quiet'), (fingerprint) => {
    const ended = over(state.episodes.filter((episode) => episode.fingerprint === fingerprint))
    entity.untold.push(...ended.map((episode) => ({ id: episode.id, what: 'resolved' as const })))
  })
}

/** Why nothing of this service goes on by itself; null where nothing speaks against it. */
function stopOf({ stopped }: ServiceState): Refusal | null {
  if (!stopped) return null
  return { code: 'STOPPED', text: `automatic rollbacks of the service are stopped by ${stopped.by}: ${stopped.reason}` }
}

/** One after the other, in the order in which they ended. What no record is left of means nothing. */
async function readEnded(entity: Service): Promise<void> {
  const { state, ended } = entity
  for (let next = ended[0]; next; next = ended[0]) {
    const { environment, service: name } = state
    const conclusion = await readConclusion({ environment, service: name, ...next }).catch(() => undefined)
    const denied = state.denied.length
    if (conclusion) conclude(state, conclusion, Date.now())
    if (conclusion) entity.untold.push(...openOf(state).map(({ id }) => ({ id, what: 'superseded' as const })))
    if (state.denied.length !== denied && state.lock?.enforced) entity.unenforced = true
    ended.shift()
    state.concluding = state.concluding.filter((runId) => runId !== next?.runId)
    setCurrentDetails(serviceDetails(state))
  }
}

function hasWork({ ended, untold, unenforced }: Service): boolean {
  return ended.length > 0 || untold.length > 0 || unenforced === true
}

/** Proposals that wait hear that their alert is over, or that somebody has rolled back meanwhile. */
async function tellProposals({ state, untold }: Service): Promise<void> {
  const { environment, service: name } = state
  for (let next = untold.shift(); next; next = untold.shift())
    await getExternalWorkflowHandle(proposalId({ environment, service: name, id: next.id }))
      .signal(next.what)
      .catch(() => undefined)
}

function over(episodes: readonly Episode[]): Episode[] {
  const firing = episodes.filter(({ resolvedAt }) => resolvedAt === undefined)
  for (const episode of firing) episode.resolvedAt = Date.now()
  return firing
}

function openOf({ episodes }: ServiceState): Episode[] {
  return episodes.filter(({ standing }) => standing === 'open' || standing === 'proposed')
}

function mustContinue({ events = DEFAULT_LIMITS.events }: ServiceInput): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo()
  return continueAsNewSuggested || historyLength >= events
}

async function goOn(input: ServiceInput, entity: Service): Promise<void> {
  await condition(allHandlersFinished)
  if (hasWork(entity)) return
  await continueAsNew<typeof service>({ ...input, carried: entity.state })
}
