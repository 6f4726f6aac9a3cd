import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { Signed } from '../model/messages.ts'
import { DEFAULT_LIMITS } from '../model/limits.ts'
import type { EntityUpdates } from '../model/service/calls.ts'
import { type FleetMessages, SERVICE_DESCRIPTIONS, whyNotService } from '../model/service/messages.ts'
import type { Refusal } from '../model/triggers/episode.ts'
import {
  fleetStop,
  type FleetInput,
  type FleetState,
  giveBack,
  noteAlert,
  noteMonitoring,
  openFleet,
  reserve,
} from '../model/triggers/fleet.ts'
import { refuseIf, senderOf } from './entities.ts'

/** What all services of an environment share: the kill switch, and the budget of what starts by itself. Never ends. */
export async function fleet(input: FleetInput): Promise<void> {
  const state = openFleet(input)
  show(state)
  setHandler(defineQuery<FleetState>('fleet'), () => state)
  setHandler(defineQuery<Refusal | null>('stop'), () => fleetStop(state) ?? null)
  setHandler(defineSignal<[string, number | null]>('monitoring'), (fingerprint, since) => {
    noteMonitoring(state, fingerprint, since ?? undefined)
    show(state)
  })
  openInbox(state)
  openToTriggers(state)
  for (;;) {
    await condition(() => mustContinue(input))
    await condition(allHandlersFinished)
    await continueAsNew<typeof fleet>({ ...input, carried: state })
  }
}

function openInbox(state: FleetState): void {
  for (const name of ['stop', 'go'] as const)
    setHandler(
      defineUpdate<FleetState, [Signed<FleetMessages['stop']>]>(name),
      async (message) => {
        const by = message.signed ? (await senderOf(name, message)).subject : 'unverified'
        if (name === 'go') delete state.stopped
        else state.stopped = { reason: message.reason, by, at: Date.now() }
        show(state)
        return state
      },
      {
        validator: (message) => refuseIf(whyNotService(name, message, state)),
        description: SERVICE_DESCRIPTIONS[name].replace('of the service', 'in the environment'),
      },
    )
}

/** What proposals ask: they carry no signature, because all that they can do is use up what limits them. */
function openToTriggers(state: FleetState): void {
  const description = 'For proposals of triggers only.'
  setHandler(
    defineUpdate<null, [EntityUpdates['alerting']['argument']]>('alerting'),
    ({ service }) => {
      noteAlert(state, service, Date.now())
      return null
    },
    { description },
  )
  setHandler(
    defineUpdate<Refusal[], [EntityUpdates['reserve']['argument']]>('reserve'),
    (wanted) => reserve(state, wanted, Date.now()),
    { description },
  )
  setHandler(
    defineUpdate<null, [EntityUpdates['giveBack']['argument']]>('giveBack'),
    ({ id }) => {
      giveBack(state, id)
      return null
    },
    { description },
  )
}

function mustContinue({ events = DEFAULT_LIMITS.events }: FleetInput): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo()
  return continueAsNewSuggested || historyLength >= events
}

/** Words of people stay out of it: the state says them where they can't become markup. */
function show(state: FleetState): void {
  const stop = fleetStop(state)
  const now = stop ? `Nothing starts by itself: ${stop.code}` : 'What is allowed to start by itself, may'
  setCurrentDetails(`**${state.environment}**\n\n${now}`)
}
