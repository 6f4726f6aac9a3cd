import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { Signed } from '../model/messages.ts'
import { remains } from '../model/triggers/episode.ts'
import {
  openProposal,
  type ProposalInput,
  type ProposalMessages,
  type ProposalOutcome,
  type ProposalState,
  proposalDetails,
  whyNotProposal,
} from '../model/triggers/proposal.ts'
import { headOf, howTo, planned, reasons, tell } from './announcing.ts'
import { ask, refuseIf, senderOf } from './entities.ts'
import { admitted, gather, refuseAll, stopped } from './gates.ts'
import { begin, planIt, type Proposal } from './proposing.ts'

/**
 * One episode of one alert, from the first word of it to its end: gathers, plans, asks every gate, and then proposes a
 * rollback to people, or starts it where it is allowed to. Its workflow id is the episode, so it exists once.
 */
export async function proposal(input: ProposalInput): Promise<ProposalState> {
  const run: Proposal = { input, state: openProposal(input, workflowInfo().startTime.getTime()) }
  openInbox(run)
  const known = await ask(place(run), 'open', {
    id: input.id,
    ...{ runbook: input.trigger.runbook, trigger: input.trigger.id },
    ...{ fingerprint: input.alert.fingerprint, startsAt: input.alert.startsAt },
  })
  if (known.id !== input.id) return end(run, 'duplicate')
  await gather(run)
  if (gone(run)) return finish(run, goneAs(run))
  await planIt(run)
  await admitted(run)
  const left = remains(run.state.refusals)
  if (left === 'silent' || left === 'tell') return refuseIt(run, left)
  if (left === 'act' && input.trigger.mode === 'auto') return act(run)
  return left === 'act' && input.trigger.mode === 'auto-with-veto' ? awaitVeto(run) : awaitPerson(run)
}

function openInbox(run: Proposal): void {
  const { state } = run
  setHandler(defineQuery<ProposalState>('proposal'), () => state)
  setHandler(defineSignal('resolved'), () => {
    state.resolvedAt ??= Date.now()
  })
  // Somebody has rolled the service back meanwhile: what was proposed is about what was before.
  setHandler(defineSignal('superseded'), () => {
    state.supersededAt ??= Date.now()
  })
  for (const name of ['accept', 'refuse'] as const)
    setHandler(
      defineUpdate<ProposalState, [Signed<ProposalMessages['accept']>]>(name),
      async (message) => {
        const sender = await senderOf(name, message)
        refuseIf(whyNotProposal(state, name, message))
        const said = { by: sender.subject, at: Date.now(), ...(message.note && { note: message.note }) }
        if (name === 'accept') state.accepted = { ...said, groups: sender.groups }
        else state.rejected = said
        show(run)
        return state
      },
      {
        validator: (message) => refuseIf(whyNotProposal(state, name, message)),
        description: `${name === 'accept' ? 'Start the rollback that is proposed' : 'Refuse it, or veto it'}. Needs a signature.`,
      },
    )
  show(run)
}

async function refuseIt(run: Proposal, left: 'silent' | 'tell'): Promise<ProposalState> {
  if (left === 'tell') await tell(run, 'refused', `${headOf(run)}: nothing is proposed: ${reasons(run)}`)
  return finish(run, 'refused')
}

/** Nothing changes before somebody has said yes; a time-out is a no, and so is an alert that is gone. */
async function awaitPerson(run: Proposal): Promise<ProposalState> {
  const { input, state } = run
  const about = state.refusals.length > 0 ? ` It does not start by itself: ${reasons(run)}.` : ''
  await settle(run, 'proposed')
  await tell(run, 'proposed', `${headOf(run)}: a rollback is proposed: ${planned(run)}.${about} ${howTo(run)}`)
  await condition(() => answered(run) || gone(run), input.settings.expires, { summary: 'Waiting for a person' })
  if (state.accepted) return act(run)
  if (state.rejected) return finish(run, 'rejected')
  return finish(run, gone(run) ? goneAs(run) : 'expired')
}

async function awaitVeto(run: Proposal): Promise<ProposalState> {
  const { input, state } = run
  const { veto } = input.settings
  state.until = Date.now() + veto
  await settle(run, 'vetoable')
  await tell(
    run,
    'starting',
    `${headOf(run)}: a rollback starts at ${new Date(state.until).toISOString()} unless somebody refuses it: ${planned(run)}. ${howTo(run)}`,
  )
  await condition(() => answered(run) || gone(run), veto, { summary: 'Waiting for a veto' })
  if (state.rejected) return finish(run, 'rejected')
  if (gone(run) && !state.accepted) return finish(run, goneAs(run))
  return act(run)
}

/** Starts the rollback. By itself only where nothing has stopped it meanwhile; what then remains, a person may do. */
async function act(run: Proposal): Promise<ProposalState> {
  const { input, state } = run
  if (!state.accepted && (await stopped(run))) {
    const left = remains(state.refusals)
    return left === 'silent' || left === 'tell' ? refuseIt(run, left) : awaitPerson(run)
  }
  const started = await begin(run)
  if (!started) {
    refuseAll(run, [{ code: 'ROLLBACK_RUNNING', text: 'a rollback of the service is running' }])
    await ask(place(run), 'giveBack', { id: input.id })
    return refuseIt(run, 'silent')
  }
  state.runId = started.firstExecutionRunId
  await settle(run, 'acting')
  const who = state.accepted ? `, as ${state.accepted.by} said` : ' by itself'
  await tell(run, 'started', `${headOf(run)}: the rollback has started${who}.`)
  // However it ends, its place is given back; the run itself tells what became of it.
  await started.result().catch(() => undefined)
  await ask(place(run), 'giveBack', { id: input.id })
  return finish(run, 'started')
}

function place({ state }: Proposal): { environment: string; service: string } {
  return { environment: state.environment, service: state.service }
}

function answered({ state }: Proposal): boolean {
  return state.accepted !== undefined || state.rejected !== undefined
}

function gone({ state }: Proposal): boolean {
  return state.resolvedAt !== undefined || state.supersededAt !== undefined
}

function goneAs({ state }: Proposal): ProposalOutcome {
  return state.supersededAt === undefined ? 'resolved' : 'superseded'
}

async function settle(run: Proposal, standing: ProposalState['standing']): Promise<void> {
  const { state } = run
  state.standing = standing
  show(run)
  const seen = standing === 'acting' ? 'acting' : standing === 'ended' ? 'ended' : 'proposed'
  const { refusals, runId, outcome } = state
  await ask(place(run), 'settle', {
    id: state.id,
    standing: outcome === 'refused' ? 'refused' : seen,
    ...(refusals.length > 0 && { refusals: refusals.slice(0, 8) }),
    ...(runId && { runId }),
  })
}

async function finish(run: Proposal, outcome: ProposalOutcome): Promise<ProposalState> {
  run.state.outcome = outcome
  await settle(run, 'ended')
  return end(run, outcome)
}

function end(run: Proposal, outcome: ProposalOutcome): ProposalState {
  run.state.outcome = outcome
  run.state.standing = 'ended'
  show(run)
  return run.state
}

function show({ state }: Proposal): void {
  setCurrentDetails(proposalDetails(state))
}
